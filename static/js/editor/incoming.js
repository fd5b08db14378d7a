/**
 * The changes of others on their way to the screen. They are gathered until the next frame, so that the editor draws
 * them in one go, and some of them wait longer, see `Held`:
 *
 *     shown text ── held ── gathered ──▶ content of the document
 *
 * What the user does is made on the shown text. It passes through here at once.
 */

import { Held } from "./held.js";

export class Incoming {
  #held;
  #gathered = null;

  /** @param {object} type of text */
  constructor(type) {
    this.type = type;
    this.#held = new Held(type);
  }

  get isEmpty() {
    return this.#gathered === null && this.#held.isEmpty;
  }

  /** Whether something is held, and none of it lies within or at the ends of these lines of the shown text. */
  holdsBeside(lines) {
    return !this.#held.isEmpty && !this.#held.touches(lines);
  }

  /** A change of the document. @param {object} operation on the content as it was before */
  add(operation) {
    this.#gathered = this.#gathered ? this.type.compose(this.#gathered, operation) : operation;
  }

  /**
   * A change of the user.
   * @param {object} operation on the shown text as it was before
   * @returns {object} the same on the content of the document
   */
  typed(operation) {
    const typed = this.#held.typed(operation);
    if (!this.#gathered) return typed;
    // The caret stays before what others put at it, so what is typed comes before that.
    const onContent = this.type.transform(typed, this.#gathered, "left");
    this.#gathered = this.type.transform(this.#gathered, typed, "right");
    return onContent;
  }

  /**
   * @param {{from: number, to: number} | null} lines of the shown text that must stay as they are; null: none
   * @returns {object} what of the gathered changes is to be shown now
   */
  take(lines) {
    const gathered = this.#gathered ?? this.type.empty;
    this.#gathered = null;
    return this.#held.take(gathered, lines);
  }

  /** @returns {object} what is held, to be shown now */
  releaseHeld() {
    return this.#held.release();
  }

  /** @returns {object} all of it, to be shown now */
  release() {
    const held = this.releaseHeld();
    const all = this.#gathered ? this.type.compose(held, this.#gathered) : held;
    this.#gathered = null;
    return all;
  }

  /** A place in the shown text as one in the content. */
  toContent(offset) {
    const gathered = this.#held.toContent(offset);
    return this.#gathered ? this.type.transformCursor(gathered, this.#gathered, false) : gathered;
  }

  /** A place in the content as one in the shown text; what is gathered is to be taken before. */
  toShown(offset) {
    return this.#held.toShown(offset);
  }
}
