/** What the find bar does on a board: the texts are in fields, where the browser's own search does not look. */

import { finderOf, MAX_MATCHES } from "../page/occurrences.js";
import { caretAfter } from "./items.js";

/** @typedef {{id: string, from: number, to: number}} Match of the text of an item */

export class Finding {
  #board;
  #order = new Map(); // the place of each item
  #at = null; // the match that is shown, or where the search began; moved along
  #marked = new Map(); // by item: {parts, current} as they are marked

  /**
   * @param {import("../collab/document.js").CollabDocument} shared
   * @param {import("./board.js").Board} board
   */
  constructor(shared, board) {
    this.#board = board;
    shared.on("change", ({ operation }) => {
      if (this.#at) this.#at = { ...this.#at, from: caretAfter(this.#at.from, operation, this.#at.id) };
    });
  }

  enter() {
    this.#at = this.#board.caret;
    const { activeElement: field } = document;
    return field?.matches(".item-text") ? field.value.slice(field.selectionStart, field.selectionEnd) : "";
  }

  /** @returns {Match[]} */
  find(query) {
    const occurrences = finderOf(query);
    const matches = [];
    this.#order.clear();
    for (const { id, text } of this.#board.items) {
      this.#order.set(id, this.#order.size);
      for (const part of occurrences(text, MAX_MATCHES - matches.length)) matches.push({ id, ...part });
    }
    return matches;
  }

  nearest(matches) {
    if (!this.#at) return 0;
    const here = this.#order.get(this.#at.id) ?? 0;
    return matches.findIndex(({ id, from }) => {
      const place = this.#order.get(id);
      return place > here || (place === here && from >= this.#at.from);
    });
  }

  show(matches, index, moves) {
    const shown = matches[index];
    if (shown) this.#at = shown;
    const byItem = Map.groupBy(matches, ({ id }) => id);
    for (const id of this.#marked.keys()) if (!byItem.has(id)) this.#mark(id, []);
    for (const [id, parts] of byItem) this.#mark(id, parts, parts.indexOf(shown));
    if (shown && moves) this.#board.row(shown.id).currentMark.scrollIntoView({ block: "nearest" });
  }

  #mark(id, parts, current = -1) {
    const row = this.#board.row(id);
    const before = this.#marked.get(id);
    if (row?.isMarked && before?.current === current && isSame(before.parts, parts)) return;
    row?.mark(parts, current);
    if (parts.length > 0) this.#marked.set(id, { parts, current });
    else this.#marked.delete(id);
  }

  leave(match, before) {
    for (const id of this.#marked.keys()) this.#mark(id, []);
    this.#at = null;
    const row = match && this.#board.row(match.id);
    if (row) row.select(match.from, match.to);
    else before?.focus();
  }
}

const isSame = (parts, others) =>
  parts.length === others.length && parts.every(({ from, to }, index) => from === others[index].from && to === others[index].to);
