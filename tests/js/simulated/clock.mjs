/** A clock that stands still until a test moves it; promises settle between two timers. */
export class FakeClock {
  time = 1_000_000;
  #timers = new Map();
  #next = 1;

  now = () => this.time;

  set = (callback, milliseconds) => {
    const timer = this.#next++;
    this.#timers.set(timer, { at: this.time + milliseconds, timer, callback });
    return timer;
  };

  clear = (timer) => void this.#timers.delete(timer);

  get pending() {
    return this.#timers.size;
  }

  async advance(milliseconds) {
    const end = this.time + milliseconds;
    await settled();
    for (;;) {
      const due = [...this.#timers.values()].filter(({ at }) => at <= end);
      if (due.length === 0) break;
      const next = due.reduce((one, other) => (other.at < one.at ? other : one));
      this.#timers.delete(next.timer);
      this.time = Math.max(this.time, next.at);
      next.callback();
      await settled();
    }
    this.time = end;
  }
}

/** All promises that can settle without a timer have. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));
