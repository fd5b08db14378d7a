/**
 * The text of an item as its field shows it, while changes that were made elsewhere wait to be shown: for the next
 * frame, or for the end of a composition.
 *
 *     text of the field ── missed ──▶ text of the document
 */

import { caretAfter, write } from "./items.js";

/** Of more changes only the difference is known: a caret between two of them may move. */
const MAX_MISSED = 1_000;

export class HeldText {
  text = "";
  #missed = []; // on the text of the field; null: not known
  #count = 0;

  /** @param {string} id of the item @param {object} type of JSON documents */
  constructor(id, type) {
    this.id = id;
    this.type = type;
  }

  /** A component of an operation on the document, which the field does not show yet. */
  miss(component) {
    this.#count += 1;
    const isEdit = component.p[1] === "text" && (component.p.length > 2 || component.t !== undefined);
    const isKnown = this.#missed && isEdit && this.#count <= MAX_MISSED;
    this.#missed = isKnown ? this.type.compose(this.#missed, [component]) : null;
  }

  /**
   * What the user has made of the text in the field.
   * @param {string} after
   * @param {string} present the text of the document
   * @returns {object} the same change as an operation on the document
   */
  typed(after, present) {
    const { type } = this;
    const missed = this.#missedUpTo(present);
    const own = type.normalize(this.#writing(this.text, after));
    this.#missed = type.transform(missed, own, "left");
    this.text = after;
    return type.transform(own, missed, "right");
  }

  /**
   * The field is to show the text of the document.
   * @param {string} present
   * @returns {(caret: number) => number} where a caret in the former text is in this one
   */
  release(present) {
    const missed = this.#missedUpTo(present);
    this.text = present;
    this.#missed = [];
    this.#count = 0;
    return (caret) => caretAfter(caret, missed, this.id);
  }

  #missedUpTo(present) {
    const missed = this.#missed;
    if (missed?.length === 0 && present === this.text) return missed;
    if (missed && this.#leadsTo(missed, present)) return missed;
    return this.type.normalize(this.#writing(this.text, present));
  }

  #leadsTo(missed, present) {
    try {
      return this.type.apply(this.#content(this.text), missed)[this.id].text === present;
    } catch {
      return false;
    }
  }

  #writing(before, after) {
    return write(this.#content(before), this.id, after);
  }

  #content(text) {
    return { [this.id]: { text } };
  }
}
