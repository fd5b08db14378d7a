/** Tells the others where the own cursor is, not more often than they can see. */

const INTERVAL_MILLISECONDS = 60;
/** After the server has refused one that came too soon. */
const REST_MILLISECONDS = 1000;

export class LocalCursor {
  #cursor = null;
  #data = null;
  #shown = null; // JSON of what the others have
  #timer = null;
  #sentAt = -Infinity;

  /**
   * @param {import("./session.js").Session} session
   * @param {(frame: object) => boolean} send
   * @param {import("./clock.js").Clock} clock
   */
  constructor(session, send, clock) {
    Object.assign(this, { session, send, clock });
  }

  set(cursor) {
    this.#cursor = cursor;
    this.offer();
  }

  setData(data) {
    this.#data = data;
    this.offer();
  }

  /** The content has changed; an editor that knows better says so by `set`. */
  moved(operation, own) {
    if (this.#cursor) this.#cursor = this.#moveCursor(this.#cursor, operation, own);
  }

  /** A change was committed: what the others show has moved with it. */
  committed(operation, own) {
    if (this.#shown === null) return;
    const shown = JSON.parse(this.#shown);
    if (shown.cursor) shown.cursor = this.#moveCursor(shown.cursor, operation, own);
    this.#shown = JSON.stringify(shown);
  }

  #moveCursor({ anchor, head }, operation, own) {
    const { type } = this.session;
    return {
      anchor: type.transformCursor(anchor, operation, own),
      head: type.transformCursor(head, operation, own),
    };
  }

  /** A new connection knows nothing of it. */
  forget() {
    this.#shown = JSON.stringify({ cursor: null, data: null });
    this.offer();
  }

  /** What was sent last may not have reached the others. */
  refused() {
    this.#shown = null;
    this.#sentAt = this.clock.now() + REST_MILLISECONDS;
    this.offer();
  }

  /**
   * Send it soon, if there is something new. A cursor means something to the others only where they
   * have the text that it stands in, so it waits until all is acknowledged.
   */
  offer() {
    if (this.#timer !== null || this.session.unsaved > 0) return;
    const wait = Math.max(0, this.#sentAt + INTERVAL_MILLISECONDS - this.clock.now());
    this.#timer = this.clock.set(() => {
      this.#timer = null;
      this.#sendNow();
    }, wait);
  }

  #sendNow() {
    if (this.session.unsaved > 0) return;
    const state = JSON.stringify({ cursor: this.#cursor, data: this.#data });
    if (state === this.#shown) return;
    const frame = { type: "presence", cursor: this.#cursor, data: this.#data, version: this.session.version };
    if (!this.send(frame)) return;
    this.#shown = state;
    this.#sentAt = this.clock.now();
  }

  stop() {
    this.clock.clear(this.#timer);
  }
}
