/**
 * Full jitter: the n-th wait is evenly spread over 0 to `base * 2^n`, at most `cap`, so that the
 * clients of a server that comes back do not come all at once.
 */
export class Backoff {
  #attempt = 0;

  /** @param {{base?: number, cap?: number, random?: () => number}} options milliseconds */
  constructor({ base = 500, cap = 10_000, random = Math.random } = {}) {
    this.base = base;
    this.cap = cap;
    this.random = random;
  }

  /** Milliseconds to wait now; the range doubles with every call until `reset`. */
  next() {
    const range = Math.min(this.cap, this.base * 2 ** Math.min(this.#attempt++, 30));
    return Math.floor(this.random() * range);
  }

  reset() {
    this.#attempt = 0;
  }
}
