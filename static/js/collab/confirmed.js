/** The confirmed content, brought up to date only when somebody asks. */

const MAX_WAITING = 500;

export class Confirmed {
  #content;
  #waiting = [];

  constructor(type, content) {
    this.type = type;
    this.#content = content;
  }

  /** A committed operation. */
  advance(operation) {
    this.#waiting.push(operation);
    if (this.#waiting.length > MAX_WAITING) this.#settle();
  }

  get content() {
    this.#settle();
    return this.#content;
  }

  #settle() {
    if (this.#waiting.length === 0) return;
    const composed = this.#waiting.reduce((first, second) => this.type.compose(first, second));
    this.#content = this.type.apply(this.#content, composed);
    this.#waiting = [];
  }
}
