/**
 * Some local changes that follow each other, composed into one operation. It remembers what it was made
 * of as long as that is cheap, so that one change can be taken back without the others.
 */

/** Changes times crossings that are caught up with to tell the changes apart. */
const MAX_WORK = 20_000;
/** What a cut to pieces leaves together at most, in bytes of JSON. */
const PIECE_BYTES = 16;

export class Chunk {
  /** Single changes, as they were before `#crossed`; null: there is one, or they are not known any more. */
  #parts = null;
  #crossed = [];

  /**
   * @param {object} operation
   * @param {number} count how many local changes it holds
   * @param {"left" | "right"} side of what others put at the same place. Once sent it is "right", as the server has
   *   it; "left" keeps together what one person types in one go
   */
  constructor(operation, count = 1, side = "right") {
    this.operation = operation;
    this.count = count;
    this.side = side;
  }

  /** Both as one, the second made on the content that the first one makes. */
  static joined(type, first, second) {
    const chunk = new Chunk(type.compose(first.operation, second.operation), first.count + second.count, first.side);
    const [one, other] = [first.#caughtUp(type), second.#caughtUp(type)];
    if (one && other) chunk.#parts = [...one, ...other];
    return chunk;
  }

  /** The same once it is sent. */
  sent(type) {
    const chunk = new Chunk(this.operation, this.count);
    chunk.#parts = this.#caughtUp(type)?.map(({ operation, count }) => new Chunk(operation, count)) ?? null;
    return chunk;
  }

  /**
   * The two ways around a square: a change that was committed meets this chunk.
   * @returns {[Chunk, object]} the chunk as it is after the change, and the change as it is after the chunk
   */
  crossing(type, change) {
    const { side } = this;
    const chunk = new Chunk(type.transform(this.operation, change, side), this.count, side);
    if (this.#parts && this.#parts.length * (this.#crossed.length + 1) <= MAX_WORK) {
      chunk.#parts = this.#parts;
      chunk.#crossed = [...this.#crossed, change];
    }
    return [chunk, type.transform(change, this.operation, side === "right" ? "left" : "right")];
  }

  /** The same as smaller chunks in a row, each a single change if those are known; or just this one. */
  pieces(type) {
    return this.#caughtUp(type) ?? this.#cut(type);
  }

  #caughtUp(type) {
    if (!this.#parts) return this.count === 1 ? [this] : null;
    try {
      this.#parts = this.#crossed.reduce((parts, change) => crossed(type, parts, change), this.#parts);
    } catch {
      this.#parts = null;
    }
    this.#crossed = [];
    return this.#parts;
  }

  #cut(type) {
    const pieces = [];
    for (let rest = this.operation; rest !== null; ) {
      const [piece, more] = type.split(rest, PIECE_BYTES);
      pieces.push(new Chunk(piece));
      rest = more;
    }
    return pieces.length > 1 ? pieces : [this];
  }
}

function crossed(type, chunks, change) {
  return chunks.map((chunk) => {
    const [moved, passed] = chunk.crossing(type, change);
    change = passed;
    return moved;
  });
}
