/**
 * What becomes of the own changes where one of them and a change of the stream do not go together: it is
 * taken back, the others stay.
 *
 * @typedef {object} Lost
 * @property {object} operation what was taken back
 * @property {any} content what it was made on, as far as that is known
 */

/**
 * @param {object} type
 * @param {any} base the confirmed content before `change`
 * @param {object} change the next one of the stream
 * @param {{chunks: import("./chunk.js").Chunk[], drop?: boolean}[]} groups the own changes since `base`; those
 *   of a group to drop are taken back in any case
 * @returns {{content: any, groups: {chunks: import("./chunk.js").Chunk[], lost: Lost[]}[]}}
 * @throws {Error} the change does not fit `base`
 */
export function rebase(type, base, change, groups) {
  const way = new Way(type, base, change);
  const moved = groups.map(({ chunks, drop = false }) => {
    const group = { chunks: [], lost: [] };
    for (const chunk of chunks) way.take(chunk, group, drop);
    return group;
  });
  return { content: way.after, groups: moved };
}

/** What turns `from` into `to`: `change`, if it does that. */
export function leading(type, from, change, to) {
  try {
    if (type.equals(type.apply(from, change), to)) return change;
  } catch {
    // It does not.
  }
  return type.difference(from, to);
}

/** From the old row of contents to the new one, a chunk at a time. */
class Way {
  constructor(type, base, change) {
    const after = type.apply(base, change);
    Object.assign(this, { type, before: base, change, after });
  }

  take(chunk, group, drop) {
    if (!drop && this.#keep(chunk, group)) return;
    const pieces = drop ? [chunk] : chunk.pieces(this.type);
    if (pieces.length > 1) pieces.forEach((piece) => this.take(piece, group, false));
    else this.#lose(chunk, group);
  }

  #keep(chunk, group) {
    const { type } = this;
    try {
      const before = type.apply(this.before, chunk.operation);
      const [moved, change] = chunk.crossing(type, this.change);
      const after = type.apply(this.after, moved.operation);
      Object.assign(this, { before, change, after });
      group.chunks.push(moved);
      return true;
    } catch {
      return false;
    }
  }

  #lose({ operation }, group) {
    const { type, before } = this;
    group.lost.push({ operation, content: before });
    try {
      this.before = type.apply(before, operation);
    } catch {
      // It has not even come to be: what follows was not made on it.
      return;
    }
    this.change = leading(type, this.before, this.#withoutIt(operation, before), this.after);
  }

  #withoutIt(operation, before) {
    try {
      return this.type.compose(this.type.invert(operation, before), this.change);
    } catch {
      return this.change;
    }
  }
}
