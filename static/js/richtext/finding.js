/** What the find bar does in a rich text: matches are marked, and the content is left alone. */

import { MAX_MATCHES, finderOf } from "../page/occurrences.js";
import { marksIn } from "./found_marks.js";

/** What an embed is in the text that is searched: as long as it is in the editor, and never looked for. */
const EMBED = "\ufffc";
/** A match is brought into view with so much of what is around it. */
const MARGIN = 40;

/** @typedef {{from: number, to: number}} Match offsets in the editor */

export class Finding {
  #quill;
  #scroller;
  #marks;
  #at = 0; // the match that is shown, or where the search began; moved along

  /**
   * @param {import("../../vendor/quill.js").Quill} quill
   * @param {HTMLElement} scroller that scrolls the text
   */
  constructor(quill, scroller) {
    this.#quill = quill;
    this.#scroller = scroller;
    this.#marks = marksIn(quill.container);
    quill.on("text-change", (delta) => (this.#at = delta.transformPosition(this.#at)));
  }

  enter() {
    const range = this.#quill.getSelection() ?? this.#quill.selection.savedRange;
    this.#at = range.index;
    return this.#quill.getText(range.index, range.length);
  }

  /** @returns {Match[]} */
  find(query) {
    const { ops } = this.#quill.getContents();
    return finderOf(query)(ops.map(({ insert }) => (typeof insert === "string" ? insert : EMBED)).join(""), MAX_MATCHES);
  }

  nearest(matches) {
    return matches.findIndex(({ from }) => from >= this.#at);
  }

  show(matches, index, moves) {
    const ranges = rangesOf(this.#quill, matches);
    this.#marks.show(ranges, ranges[index]);
    if (index < 0) return;
    this.#at = matches[index].from;
    if (moves && ranges[index]) this.#bringIntoView(ranges[index]);
  }

  #bringIntoView(range) {
    const place = range.getBoundingClientRect();
    const view = this.#scroller.getBoundingClientRect();
    if (place.top < view.top + MARGIN || place.bottom > view.bottom - MARGIN) {
      this.#scroller.scrollTop += place.top - view.top - view.height / 3;
    }
    const code = range.startContainer.parentElement.closest(".ql-code-block-container");
    const sides = code?.getBoundingClientRect();
    if (sides && (place.left < sides.left + MARGIN || place.right > sides.right - MARGIN)) {
      code.scrollLeft += place.left - sides.left - sides.width / 3;
    }
  }

  leave(match, before) {
    this.#marks.clear();
    if (!match) return void before?.focus();
    this.#quill.focus({ preventScroll: true });
    this.#quill.setSelection(match.from, match.to - match.from, "user");
  }
}

/**
 * Where the matches are in the page.
 * @param {Match[]} matches ascending
 * @returns {(Range | undefined)[]} undefined for one whose text is not drawn
 */
function rangesOf(quill, matches) {
  const ranges = matches.map(() => document.createRange());
  let [offset, first] = [0, 0];
  for (const line of matches.length > 0 ? quill.scroll.lines() : []) {
    const end = offset + line.length();
    // Most lines have none.
    if (matches[first] && matches[first].from < end) first = placeIn(line, offset, matches, ranges, first);
    offset = end;
    if (first >= matches.length) break;
  }
  return ranges.map((range) => (range.collapsed ? undefined : range));
}

/** @returns {number} of the first match that ends behind the line */
function placeIn(line, start, matches, ranges, first) {
  let offset = start;
  let next = first;
  for (const leaf of leavesOf(line)) {
    const end = offset + leaf.length();
    for (let index = next; index < matches.length && matches[index].from < end; index += 1) {
      const { from, to } = matches[index];
      if (from >= offset) ranges[index].setStart(...pointIn(leaf, from - offset));
      if (to <= end) ranges[index].setEnd(...pointIn(leaf, to - offset));
      if (to <= end) next = index + 1;
    }
    offset = end;
  }
  return next;
}

function* leavesOf(blot) {
  if (!blot.children) return void (yield blot);
  for (let child = blot.children.head; child; child = child.next) yield* leavesOf(child);
}

/** An embed is not gone into. */
const pointIn = ({ domNode }, offset) =>
  domNode.nodeType === Node.TEXT_NODE
    ? [domNode, Math.min(offset, domNode.length)]
    : [domNode.parentNode, [...domNode.parentNode.childNodes].indexOf(domNode) + Math.min(offset, 1)];
