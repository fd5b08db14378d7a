/**
 * The bar that Ctrl+F opens: what is looked for, how often it is there, the next and the previous place. What is
 * searched, and how a place is shown, is the editor's.
 *
 * @typedef {object} Searched by its editor; a match is whatever that likes
 * @property {() => string} enter it opens, or is asked for again: where one is, the search begins. Gives what is selected
 *   there
 * @property {(query: string) => any[]} find all matches in their order, MAX_MATCHES at most
 * @property {(matches: any[]) => number} nearest the index of the match that was shown last, though others have
 *   written meanwhile; else of the first one after the place where the search began; -1: there is none after it
 * @property {(matches: any[], index: number, moves: boolean) => void} show mark them all, and one more than the
 *   others (-1: none). `moves`: bring that one into view, without the focus
 * @property {(match: any | undefined, before: Element | null) => void} leave take the marks away, and focus the match;
 *   without one, what had the focus before
 */

import { icon } from "../editor_icons.js";
import { onFindKey } from "./find_key.js";
import { MatchCount, textOfCount } from "./match_count.js";

/** Others' changes are looked at so often at most. */
const AGAIN_MILLISECONDS = 250;
const MAX_SELECTED = 100;

export class FindBar {
  #searched;
  #matches = [];
  #index = -1;
  #again = null;
  #count = new MatchCount();
  #before = null;

  /**
   * @param {HTMLElement} place the bar comes before it
   * @param {Searched} searched
   */
  constructor(place, searched) {
    this.#searched = searched;
    this.#build();
    place.before(this.element);
    onFindKey(() => (this.open(), true));
    addEventListener("keydown", (event) => this.#keyOfPage(event));
  }

  get isOpen() {
    return !this.element.hidden;
  }

  open() {
    if (!this.element.contains(document.activeElement)) {
      this.#before = document.activeElement;
      const selected = this.#searched.enter();
      if (selected !== "" && selected.length <= MAX_SELECTED && !/[\r\n]/.test(selected)) this.input.value = selected;
    }
    this.element.hidden = false;
    this.input.focus();
    this.input.select();
    this.#search(true);
  }

  close() {
    if (!this.isOpen) return;
    clearTimeout(this.#again);
    this.#again = null;
    const match = this.#matches[this.#index];
    this.#matches = [];
    this.#index = -1;
    this.element.hidden = true;
    this.#count.clear();
    this.#searched.leave(match, this.#before);
  }

  /** What is searched has changed. */
  changed() {
    if (!this.isOpen || this.input.value === "") return;
    this.#again ??= setTimeout(() => this.#search(false), AGAIN_MILLISECONDS);
  }

  #search(moves) {
    clearTimeout(this.#again);
    this.#again = null;
    const matches = (this.#matches = this.#searched.find(this.input.value));
    const nearest = matches.length > 0 ? this.#searched.nearest(matches) : -1;
    this.#go(matches[nearest] === undefined ? Math.min(0, matches.length - 1) : nearest, moves);
  }

  #step(step) {
    if (this.#again !== null) this.#search(false);
    const { length } = this.#matches;
    if (length > 0) this.#go((this.#index + step + length) % length, true);
  }

  #go(index, moves) {
    this.#index = index;
    this.#searched.show(this.#matches, index, moves);
    this.#tell();
  }

  #tell() {
    const { length } = this.#matches;
    const text = this.input.value === "" ? "" : textOfCount(this.#index, length);
    this.#count.show(text);
    this.element.classList.toggle("has-none", text !== "" && length === 0);
    for (const button of [this.previous, this.next]) button.disabled = length === 0;
  }

  #keyOfPage(event) {
    if (!this.isOpen || event.altKey || event.isComposing) return;
    const isNext = event.key === "F3" || ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "g");
    if (!isNext) return;
    event.preventDefault();
    this.#step(event.shiftKey ? -1 : 1);
  }

  #keyOfBar(event) {
    if (event.isComposing) return;
    if (event.key === "Escape") event.preventDefault(), this.close();
    if (event.key !== "Enter" || event.target !== this.input) return;
    event.preventDefault();
    this.#step(event.shiftKey ? -1 : 1);
  }

  #build() {
    const element = (this.element = document.createElement("search"));
    element.className = "find-bar";
    element.dataset.testid = "find-bar";
    element.setAttribute("aria-label", "In this document");
    element.hidden = true;
    const input = (this.input = document.createElement("input"));
    Object.assign(input, { className: "find-input", dir: "auto", placeholder: "Find", autocomplete: "off", spellcheck: false });
    input.enterKeyHint = "search";
    input.dataset.testid = "find-input";
    input.setAttribute("aria-label", "Find");
    this.previous = button("up", "Previous match", "find-previous", "Shift+Enter");
    this.next = button("down", "Next match", "find-next", "Enter");
    const close = button("remove", "Close", "find-close", "Escape");
    element.append(input, this.#count.shown, this.#count.said, this.previous, this.next, close);
    input.addEventListener("input", () => this.#search(true));
    element.addEventListener("keydown", (event) => this.#keyOfBar(event));
    this.previous.addEventListener("click", () => this.#step(-1));
    this.next.addEventListener("click", () => this.#step(1));
    close.addEventListener("click", () => this.close());
  }
}

function button(name, label, testid, key) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "icon-button";
  element.dataset.testid = testid;
  element.setAttribute("aria-label", label);
  element.title = `${label} (${key})`;
  element.append(icon(name));
  return element;
}
