/**
 * A long string that is edited in place: it is kept in chunks of a few thousand code units, so that a keystroke copies
 * one of them, whatever the length of the whole.
 */

import { changesOf } from "./changes.js";

/** Code units in a new chunk; one that grows beyond twice as many is cut. */
const CHUNK = 2048;
/** One that has become shorter is joined to the next. */
const SHORT = CHUNK / 4;

export class TextBuffer {
  #chunks;
  #length;

  /** @param {string} content */
  constructor(content) {
    this.#chunks = cut(content);
    this.#length = content.length;
  }

  get length() {
    return this.#length;
  }

  /** Joined when it is asked for. */
  get content() {
    return this.#chunks.join("");
  }

  /** As that of a string. */
  charCodeAt(offset) {
    const [index, start] = this.#find(offset);
    return this.#chunks[index].charCodeAt(offset - start);
  }

  /** As that of a string. */
  charAt(offset) {
    const [index, start] = this.#find(offset);
    return this.#chunks[index].charAt(offset - start);
  }

  /** @throws {RangeError} the operation reaches beyond the content, which is as it was */
  apply(operation) {
    const end = operation.ops.reduce((sum, { retain = 0, delete: removed = 0 }) => sum + retain + removed, 0);
    if (end > this.#length) throw new RangeError(`reaches to ${end}, the content ends at ${this.#length}`);
    // From the end, so that the offsets of those still to come stay right.
    for (const change of changesOf(operation).reverse()) this.#replace(change);
  }

  #replace({ from, to, insert }) {
    const [first, start] = this.#find(from);
    const [last, lastStart] = this.#find(to);
    const text = this.#chunks[first].slice(0, from - start) + insert + this.#chunks[last].slice(to - lastStart);
    this.#length += insert.length - (to - from);
    const next = this.#chunks[last + 1];
    const isJoined = text.length < SHORT && next !== undefined;
    const made = cut(isJoined ? text + next : text);
    const removed = last - first + (isJoined ? 2 : 1);
    if (removed === 1 && made.length === 1) this.#chunks[first] = made[0];
    // Not spread into `splice`: there may be more of them than a call takes arguments.
    else this.#chunks = [...this.#chunks.slice(0, first), ...made, ...this.#chunks.slice(first + removed)];
  }

  /** The chunk that holds an offset, and where it begins; the last one for the end and beyond. */
  #find(offset) {
    let start = 0;
    let index = 0;
    for (const last = this.#chunks.length - 1; index < last; index += 1) {
      const end = start + this.#chunks[index].length;
      if (offset < end) break;
      start = end;
    }
    return [index, start];
  }
}

/** @returns {string[]} at least one */
function cut(text) {
  if (text.length <= 2 * CHUNK) return [text];
  const chunks = [];
  for (let start = 0; start < text.length; start += CHUNK) chunks.push(text.slice(start, start + CHUNK));
  return chunks;
}
