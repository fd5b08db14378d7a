/**
 * The changes of others to the lines that an input method composes in. To show them there would end the composition,
 * so they wait here, as one operation from the text that is shown to the content of the document:
 *
 *     shown text ── held ──▶ content of the document
 *
 * What the user does is made on the shown text, and what others do on the content; both pass through here.
 */

import { changesOf, operationOf } from "../collab/ot/changes.js";

/** More is shown at once, though that ends the composition. In bytes of JSON, about. */
export const MAX_HELD_BYTES = 100_000;

export class Held {
  #changes = []; // ascending, on the shown text
  #from = Infinity; // the part of the shown text that they lie in, with its ends
  #to = -Infinity;

  /** @param {object} type of text */
  constructor(type) {
    this.type = type;
  }

  get isEmpty() {
    return this.#changes.length === 0;
  }

  /**
   * A change of the document.
   * @param {object} operation on the content as it was before
   * @param {{from: number, to: number} | null} lines of the shown text that must stay as they are; null: none
   * @returns {object} what is to be shown of it now
   */
  take(operation, lines) {
    if (this.isEmpty && lines === null) return operation;
    const from = Math.min(this.#from, lines?.from ?? Infinity);
    const to = Math.max(this.#to, lines?.to ?? -Infinity);
    const shift = lengthening(this.#changes);
    const touches = (change) => change.from <= to + shift && change.to >= from;
    const changes = changesOf(operation);
    const near = changes.filter(touches);
    const others = changes.filter((change) => !touches(change));
    const shown = operationOf(others.map((change) => (change.from < from ? change : moved(change, -shift))));
    if (near.length > 0) {
      this.#from = Math.min(from, near[0].from);
      this.#to = Math.max(to, near.at(-1).to - shift);
    }
    if (near.length > 0 || !this.isEmpty) this.#pass(shown, false);
    if (near.length > 0) {
      const kept = this.type.transform(operationOf(near), operationOf(others), "right");
      this.#changes = changesOf(this.type.compose(this.operation, kept));
    }
    if (JSON.stringify(this.#changes).length > MAX_HELD_BYTES) return this.type.compose(shown, this.release());
    return shown;
  }

  /**
   * A change of the user.
   * @param {object} operation on the shown text as it was before
   * @returns {object} the same on the content of the document
   */
  typed(operation) {
    if (this.isEmpty) return operation;
    const moved = this.type.transform(operation, this.operation, "right");
    this.#pass(operation, true);
    return moved;
  }

  /** @returns {object} what is held, to be shown now */
  release() {
    const operation = this.operation;
    this.#changes = [];
    [this.#from, this.#to] = [Infinity, -Infinity];
    return operation;
  }

  /** Whether it lies within or at the ends of these lines of the shown text. */
  touches({ from, to }) {
    return this.#from <= to && this.#to >= from;
  }

  /** A place in the shown text as one in the content. */
  toContent(offset) {
    return this.isEmpty ? offset : this.type.transformCursor(offset, this.operation, false);
  }

  /** A place in the content as one in the shown text. */
  toShown(offset) {
    let shift = 0;
    for (const { from, to, insert } of this.#changes) {
      if (offset < from + shift) break;
      if (offset < from + shift + insert.length) return from;
      shift += insert.length - (to - from);
    }
    return offset - shift;
  }

  get operation() {
    return operationOf(this.#changes);
  }

  /** The shown text changes. */
  #pass(operation, isOwn) {
    const { type } = this;
    this.#changes = changesOf(type.transform(this.operation, operation, "left"));
    this.#from = type.transformCursor(this.#from, operation, false);
    this.#to = type.transformCursor(this.#to, operation, isOwn);
  }
}

const lengthening = (changes) => changes.reduce((sum, { from, to, insert }) => sum + insert.length - (to - from), 0);

const moved = ({ from, to, insert }, distance) => ({ from: from + distance, to: to + distance, insert });
