/**
 * The local changes that are not on their way yet, as a row of chunks. To compose all of them with each
 * new one would take the square of their number, so chunks of about the same size are joined: a change
 * is composed as often as the number of changes can be halved.
 */

import { Chunk } from "./chunk.js";
import { isCut } from "./ot/registry.js";

/** What is pending goes out in edits of about this size; a server refuses frames beyond 1 MiB. */
export const EDIT_BYTES = 200_000;
/** So few changes are always one chunk: whether they come to nothing is seen at once. */
const TOGETHER = 32;
const MAX_CHANGES = 4096;

export class Pending {
  /** @param {object} type @param {Chunk[]} [chunks] */
  constructor(type, chunks = []) {
    this.type = type;
    this.chunks = chunks;
  }

  /** How many local changes. */
  get count() {
    return this.chunks.reduce((sum, { count }) => sum + count, 0);
  }

  /** All of it as one operation, null for none. Chunks are joined on the way, but kept within their size. */
  get operation() {
    this.#fold();
    return composed(this.type, this.chunks);
  }

  /** Whether it goes on with what was typed before. */
  get continues() {
    return this.chunks[0]?.side === "left";
  }

  /** A local change; `side` as that of a chunk. */
  add(operation, side) {
    const { chunks } = this;
    chunks.push(new Chunk(operation, 1, side));
    while (chunks.length > 1 && this.#isTime(chunks.at(-2), chunks.at(-1))) this.#joinLast();
    if (this.type.isEmpty(chunks.at(-1).operation)) chunks.pop();
  }

  #isTime(first, second) {
    const isDue = first.count + second.count <= TOGETHER || second.count >= first.count;
    return isDue && this.#fit(first, second);
  }

  #fit(first, second) {
    if (first.count + second.count > MAX_CHANGES) return false;
    return isCut(this.type) || lengthOf(first) + lengthOf(second) <= EDIT_BYTES;
  }

  #joinLast() {
    const [first, second] = this.chunks.splice(-2);
    this.chunks.push(Chunk.joined(this.type, first, second));
  }

  /** Changes that come before all the others. */
  putFirst(chunks) {
    this.chunks.unshift(...chunks);
  }

  /** Join all that fits, the small ones first. */
  #fold() {
    const { chunks } = this;
    for (let index = chunks.length - 2; index >= 0; index -= 1) {
      const [first, second] = [chunks[index], chunks[index + 1]];
      if (this.#fit(first, second)) chunks.splice(index, 2, Chunk.joined(this.type, first, second));
    }
  }

  /** Join everything, however much it is: what was refused may be taken together with what follows. */
  unite() {
    const { type, chunks } = this;
    if (isCut(type) && chunks.length > 1) {
      this.#fold();
      this.chunks = [chunks.reduce((first, second) => Chunk.joined(type, first, second))];
    }
  }

  /** Forget what comes to nothing. */
  tidy() {
    this.#fold();
    this.chunks = this.chunks.filter(({ operation }) => !this.type.isEmpty(operation));
  }

  /**
   * Take the first changes away, as many as fit into one edit.
   * @param {number} bytes
   * @returns {Chunk}
   */
  take(bytes) {
    this.#fold();
    const { type, chunks } = this;
    let first = chunks.shift();
    const [operation, rest] = split(type, first.operation, bytes);
    if (rest) {
      chunks.unshift(new Chunk(rest, first.count, first.side));
      // The changes count as unsaved until the last part of them is.
      return new Chunk(operation, 0, first.side);
    }
    while (chunks.length > 0) {
      const longer = this.#longer(first, chunks[0], bytes);
      if (!longer) break;
      first = longer;
      chunks.shift();
    }
    return first;
  }

  #longer(first, second, bytes) {
    if (!isCut(this.type) && lengthOf(first) + lengthOf(second) > bytes) return null;
    const joined = Chunk.joined(this.type, first, second);
    return split(this.type, joined.operation, bytes)[1] ? null : joined;
  }
}

const split = (type, operation, bytes) => (bytes === Infinity ? [operation, null] : type.split(operation, bytes));

const lengthOf = ({ operation }) => JSON.stringify(operation).length;

/** Chunks in a row as one operation, null for none. */
export function composed(type, chunks) {
  if (chunks.length === 0) return null;
  return chunks.map(({ operation }) => operation).reduceRight((rest, operation) => type.compose(operation, rest));
}
