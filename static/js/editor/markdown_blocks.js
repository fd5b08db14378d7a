/**
 * A Markdown text that changes, and what of its preview is another one by that. The text is cut into pieces
 * anew each time, and only those of them that have changed are rendered.
 *
 * @typedef {import("../collab/ot/changes.js").Change} Change
 * @typedef {object} Splice ascending, on the row of pieces as it was
 * @property {number} at
 * @property {number} removed
 * @property {string[]} inserted HTML that is not sanitised
 */

import { parseBlocks, renderTokens } from "./markdown_renderer.js";
import { piecesOf } from "./markdown_pieces.js";

/** What is behind is left out, and so are more pieces: a browser can't hold any number of elements. */
export const MAX_LENGTH = 5_000_000;
export const MAX_PIECES = 50_000;
/** A piece that is longer is laid out too slowly to follow each key. */
export const LONG_PIECE = 20_000;

export class MarkdownBlocks {
  #text = "";
  #pieces = []; // {from, to, kind, html, isTouched, isBehind}
  #references = "{}";

  /** Another text, of which as much as possible stays. */
  replace(text) {
    const { start, end } = commonEnds(this.#text, text);
    const change = { from: start, to: this.#text.length - end, insert: text.slice(start, text.length - end) };
    this.change([change]);
  }

  /** @param {Change[]} changes of the text */
  change(changes) {
    if (changes.length === 0) return;
    this.#move(changes);
    let text = "";
    let offset = 0;
    for (const { from, to, insert } of changes) {
      text += this.#text.slice(offset, from) + insert;
      offset = to;
    }
    this.#text = text + this.#text.slice(offset);
  }

  #move(changes) {
    let next = 0;
    let growth = 0;
    for (const piece of this.#pieces) {
      if (piece.isTouched) continue;
      for (; next < changes.length && changes[next].to <= piece.from; next += 1) {
        growth += changes[next].insert.length - (changes[next].to - changes[next].from);
      }
      piece.isTouched = next < changes.length && changes[next].from < piece.to;
      piece.from += growth;
      piece.to += growth;
    }
  }

  /**
   * @param {boolean} [isBusy] somebody types: long pieces keep what they show
   * @returns {{splices: Splice[], lines: Int32Array, isCut: boolean, isBehind: boolean}} `lines`: where each piece
   *   begins; `isBehind`: some of it was left as it was
   */
  render(isBusy = false) {
    const text = this.#text.length > MAX_LENGTH ? beginningOf(this.#text) : this.#text;
    const starts = lineStarts(text);
    const { tokens, references } = parseBlocks(text);
    const old = this.#pieces;
    const known = new Set(old.filter(({ isTouched }) => !isTouched).flatMap(({ from, to }) => [from, to]));
    const found = piecesOf(tokens, (line) => known.has(starts[line]));
    const shown = found.slice(0, MAX_PIECES);
    const named = JSON.stringify(references);
    const isNamedAnew = named !== this.#references;
    const made = shown.map(({ first, end, kind }) => ({ from: starts[first], to: starts[end] ?? text.length, kind, html: null, isTouched: false, isBehind: false }));
    const html = (index) => {
      const piece = made[index];
      const { tokens: own, first, isBegun, isUnfinished } = shown[index];
      const rendered = piece.html ?? joint(renderTokens(own, references, first), isBegun, isUnfinished);
      // What has brackets may have another look by what is written elsewhere: to see that, it is kept.
      if (text.slice(piece.from, piece.to).includes("]")) piece.html = rendered;
      return rendered;
    };
    const splices = new Row(old, made, { html, isNamedAnew, isBusy }).splices();
    this.#pieces = made;
    this.#references = named;
    return {
      splices,
      lines: Int32Array.from(shown, ({ first }) => first),
      isCut: text.length < this.#text.length || shown.length < found.length,
      isBehind: made.some(({ isBehind }) => isBehind),
    };
  }
}

/** Two rows of pieces, of which those that are the same stay. */
class Row {
  #splices = [];
  #done = [0, 0]; // so many of each are gone through

  constructor(old, made, { html, isNamedAnew, isBusy }) {
    Object.assign(this, { old, made, html, isNamedAnew, isBusy });
  }

  splices() {
    const { old, made } = this;
    let index = 0;
    made.forEach((piece, at) => {
      while (index < old.length && (old[index].isTouched || old[index].from < piece.from)) index += 1;
      if (index < old.length && this.#stays(old[index], piece, at)) this.#reach(index, at, 1);
    });
    this.#reach(old.length, made.length, 0);
    return this.#splices;
  }

  #stays(before, piece, at) {
    const isSame = before.from === piece.from && before.to === piece.to && before.kind === piece.kind;
    if (!isSame || before.isBehind) return false;
    if (this.isNamedAnew && before.html !== null) return this.html(at) === before.html;
    piece.html = before.html;
    return true;
  }

  /** Both rows are the same at these indices, or at their ends. */
  #reach(oldIndex, madeIndex, step) {
    const [at, from] = this.#done;
    const [removed, count] = [oldIndex - at, madeIndex - from];
    this.#done = [oldIndex + step, madeIndex + step];
    if (removed !== count) this.#change(at, removed, from, count);
    else for (let index = 0; index < count; index += 1) this.#change(at + index, 1, from + index, 1);
  }

  #change(at, removed, from, count) {
    const piece = this.made[from];
    if (this.isBusy && removed === 1 && count === 1 && piece.to - piece.from > LONG_PIECE) piece.isBehind = true;
    else this.#splices.push({ at, removed, inserted: Array.from({ length: count }, (_, index) => this.html(from + index)) });
  }
}

/** It is to be seen that a piece and the next one are one block. */
function joint(html, isBegun, isUnfinished) {
  if (!isBegun && !isUnfinished) return html;
  const names = [isBegun && "is-begun", isUnfinished && "is-unfinished"].filter(Boolean);
  return html.replace(/^<\w+/, (tag) => `${tag} class="${names.join(" ")}"`);
}

function beginningOf(text) {
  const end = text.lastIndexOf("\n", MAX_LENGTH);
  return text.slice(0, end > 0 ? end : MAX_LENGTH);
}

/** The offset of each line, as a Markdown parser counts them. */
function lineStarts(text) {
  const starts = [0];
  const ends = text.includes("\r") ? /\r\n?|\n/g : /\n/g;
  while (ends.exec(text)) starts.push(ends.lastIndex);
  return starts;
}

function commonEnds(before, after) {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before.charCodeAt(start) === after.charCodeAt(start)) start += 1;
  let end = 0;
  while (end < shorter - start && before.charCodeAt(before.length - 1 - end) === after.charCodeAt(after.length - 1 - end)) end += 1;
  return { start, end };
}
