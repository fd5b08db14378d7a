/** How many matches CodeMirror's search has, in its panel ("3 of 17"): counted a slice at a time, beside other work. */

import { ViewPlugin, getSearchQuery, searchPanelOpen } from "../../vendor/codemirror.js";
import { MatchCount, textOfCount } from "../page/match_count.js";
import { MAX_MATCHES } from "../page/occurrences.js";
import { matchesBySlice } from "./matches.js";

/** The page is given back to other work after so long. */
const SLICE_MILLISECONDS = 8;
/** After a change of the text, matches are counted again after this pause, or this multiple of what that takes. */
const RECOUNT_MILLISECONDS = 250;
const RECOUNT_FACTOR = 5;

class FindCount {
  #view;
  #count = new MatchCount();
  #query = null; // null: nothing is counted
  #matches = [];
  #slices = null; // null: all is counted
  #since = null; // the changes of the text since the counted one, null: none
  #spent = 0; // milliseconds
  #timer = null;

  constructor(view) {
    this.#view = view;
    this.#follow();
  }

  update({ changes, docChanged, selectionSet }) {
    if (docChanged && this.#query) this.#since = this.#since ? this.#since.composeDesc(changes.desc) : changes.desc;
    if (this.#follow()) return;
    if (docChanged && this.#slices === null) this.#recountSoon();
    if (docChanged || selectionSet) this.#show();
  }

  destroy() {
    clearTimeout(this.#timer);
  }

  /** Whether another query is counted from now on, or none. */
  #follow() {
    const { state } = this.#view;
    const query = searchPanelOpen(state) ? getSearchQuery(state) : null;
    if (query === this.#query) return query === null;
    const isSame = query !== null && this.#query !== null && isSameSearch(query, this.#query);
    this.#query = query;
    if (isSame) return false;
    clearTimeout(this.#timer);
    this.#matches = [];
    this.#slices = null;
    if (query === null) this.#count.clear();
    // The panel is in the page then.
    else this.#timer = setTimeout(() => this.#start());
    return true;
  }

  #start() {
    const { state } = this.#view;
    this.#place();
    this.#since = null;
    this.#spent = 0;
    this.#matches = [];
    this.#slices = this.#query.valid ? matchesBySlice(state, this.#query) : null;
    if (this.#slices) this.#goOn();
    else this.#show();
  }

  #place() {
    if (!this.#view.dom.contains(this.#count.shown)) {
      this.#view.dom.querySelector(".cm-search [main-field]").after(this.#count.shown, this.#count.said);
    }
  }

  #goOn() {
    const began = performance.now();
    let took = 0;
    while (this.#slices && took < SLICE_MILLISECONDS) {
      const { value, done } = this.#slices.next();
      if (!done) this.#matches.push(...value.slice(0, MAX_MATCHES - this.#matches.length));
      if (done || this.#matches.length >= MAX_MATCHES) this.#slices = null;
      took = performance.now() - began;
    }
    this.#spent += took;
    if (this.#slices) this.#timer = setTimeout(() => this.#goOn());
    else if (this.#since) this.#recountSoon();
    this.#show();
  }

  #recountSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#start(), Math.max(RECOUNT_MILLISECONDS, RECOUNT_FACTOR * this.#spent));
  }

  #show() {
    const { length } = this.#matches;
    if (!this.#query?.valid) this.#count.show("");
    else if (this.#slices && length === 0) this.#count.show("Searching");
    else this.#count.show(textOfCount(this.#index, length, this.#slices !== null || length >= MAX_MATCHES));
  }

  /** Of the match that is selected; -1: none is. */
  get #index() {
    const { main } = this.#view.state.selection;
    const since = this.#since?.invertedDesc;
    const [from, to] = [main.from, main.to].map((offset) => since?.mapPos(offset) ?? offset);
    let [low, high] = [0, this.#matches.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#matches[middle].from < from) low = middle + 1;
      else high = middle;
    }
    return this.#matches[low]?.from === from && this.#matches[low].to === to ? low : -1;
  }
}

/** What is put in its place is no matter. */
const isSameSearch = (one, other) =>
  one.search === other.search && one.caseSensitive === other.caseSensitive && one.regexp === other.regexp && one.wholeWord === other.wholeWord;

export const findCount = ViewPlugin.fromClass(FindCount);
