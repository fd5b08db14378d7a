/** What the document has and the editor does not show yet: it is given to the editor a piece at a time. */

import { Delta } from "../../vendor/quill-delta.js";
import { isHigh } from "../collab/ot/surrogates.js";

/** So many characters are put into the editor at once, and more where it is long: each frame goes through all of it. */
const PIECE_CHARACTERS = 20_000;
const PIECE_SHARE = 1 / 4;
/** As many components as a piece has of lines of about this length. */
const LINE_CHARACTERS = 40;

export class Held {
  /** @type {Delta | null} a change of what the editor shows */
  #change = null;
  #shown = 0; // characters of a change of several pieces

  get isEmpty() {
    return this.#change === null;
  }

  /** @param {Delta} change of the document, as the editor is to show it */
  add(change) {
    this.#change = this.#change ? this.#change.compose(change) : change;
  }

  /**
   * The user has made a change of what the editor shows.
   * @param {Delta} change
   * @returns {Delta} the same change of what the document has
   */
  meet(change) {
    const held = this.#change;
    if (!held) return change;
    this.#change = change.transform(held, false);
    return held.transform(change, true);
  }

  /** A place in the editor as one in the document. */
  toDocument(offset) {
    return this.#change ? this.#change.transformPosition(offset, true) : offset;
  }

  /**
   * @param {number} length of the editor
   * @returns {Delta} what is to be shown next; the rest stays
   */
  take(length) {
    const [piece, rest] = divided(this.#change, Math.max(PIECE_CHARACTERS, Math.floor(length * PIECE_SHARE)));
    this.#shown = rest || this.#shown > 0 ? this.#shown + insertedBy(piece) : 0;
    this.#change = rest;
    return piece;
  }

  /** @returns {number | null} which part of a long change is shown; null: there is none that is long */
  get progress() {
    if (this.isEmpty) this.#shown = 0;
    return this.#shown === 0 ? null : this.#shown / (this.#shown + insertedBy(this.#change));
  }
}

const lengthOf = ({ insert, retain, delete: removed }) => retain ?? removed ?? (typeof insert === "string" ? insert.length : 1);

const insertedBy = ({ ops }) => ops.reduce((sum, op) => (op.insert === undefined ? sum : sum + lengthOf(op)), 0);

/** A change as two, the second on what the first makes; null if all of it is short. */
function divided(change, room) {
  const components = room / LINE_CHARACTERS;
  let [index, inserted, offset] = [0, 0, 0];
  for (; index < change.ops.length && index < components; index += 1) {
    const op = change.ops[index];
    if (typeof op.insert === "string" && inserted + op.insert.length > room) break;
    if (op.delete === undefined) offset += lengthOf(op);
    if (op.insert !== undefined) inserted += lengthOf(op);
  }
  const first = change.ops.slice(0, index);
  const rest = change.ops.slice(index);
  if (rest.length === 0) return [change, null];
  if (index < components) {
    const [long] = rest;
    const end = pieceEnd(long.insert, room - inserted, inserted === 0);
    if (end > 0) first.push({ ...long, insert: long.insert.slice(0, end) });
    rest[0] = { ...long, insert: long.insert.slice(end) };
    offset += end;
    if (end === long.insert.length) rest.shift();
  }
  if (rest.length === 0) return [change, null];
  return [new Delta(first).chop(), new Delta().retain(offset).concat(new Delta(rest))];
}

/** Behind the last line that fits; where not even one does, the line is cut. */
function pieceEnd(text, room, isFirst) {
  const line = text.lastIndexOf("\n", room - 1) + 1;
  if (line > 0 || !isFirst) return line;
  // No half of a surrogate pair is shown.
  return isHigh(text.charCodeAt(room - 1)) ? room - 1 : room;
}
