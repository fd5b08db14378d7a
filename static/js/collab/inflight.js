/** The one edit that is sent and not answered: frozen as it was sent, and moved along. */

export class Inflight {
  #chunk;
  /**
   * What is left of it here, if a change of the stream left no place for it: it was taken back, but the
   * server may still accept it.
   * @type {import("./chunk.js").Chunk[] | null}
   */
  kept = null;

  /**
   * @param {import("./chunk.js").Chunk} chunk
   * @param {{clientId: string, id: number, version: number, operation?: object}} sent as it was first sent
   */
  constructor(chunk, { clientId, id, version, operation = chunk.operation }) {
    this.#chunk = chunk;
    Object.assign(this, { clientId, id, version, operation });
  }

  get isTakenBack() {
    return this.kept !== null;
  }

  /** The same change at the confirmed version; null: not known any more. */
  get current() {
    return this.#chunk?.operation ?? null;
  }

  /** What of it the content holds. */
  get chunks() {
    return this.kept ?? [this.#chunk];
  }

  /** How many local changes that are not acknowledged. */
  get count() {
    return this.chunks.reduce((sum, { count }) => sum + count, 0);
  }

  /** The content has followed a change of the stream. */
  follow(chunks) {
    if (this.isTakenBack) this.kept = chunks;
    else [this.#chunk] = chunks;
  }

  takeBack(chunks) {
    this.kept = chunks;
  }

  /** Taken back, it meets the changes of the stream by itself. */
  passOver(type, change) {
    try {
      [this.#chunk] = this.#chunk?.crossing(type, change) ?? [null];
    } catch {
      this.#chunk = null;
    }
  }

  /** For the journal: what was taken back is not to be made again. */
  toJSON() {
    if (this.isTakenBack) return null;
    const { clientId, id, version, operation, current, count } = this;
    return { clientId, id, version, operation, current, count };
  }
}
