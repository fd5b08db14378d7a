/** How many matches there are ("3 of 17"): seen at once, and said by a screen reader after a pause. */

import { MATCHES_MAXIMUM } from "./occurrences.js";

/** It is said once it has not changed for so long. */
const SAY_MILLISECONDS = 500;

export class MatchCount {
  #say = null;

  constructor() {
    this.shown = part("find-count", "find-count");
    this.shown.setAttribute("aria-hidden", "true");
    this.said = part("visually-hidden", "find-status");
    this.said.setAttribute("role", "status");
  }

  /** @param {string} text empty: nothing is looked for */
  show(text) {
    if (this.shown.textContent === text) return;
    this.shown.textContent = text;
    clearTimeout(this.#say);
    this.#say = setTimeout(() => (this.said.textContent = text), SAY_MILLISECONDS);
  }

  clear() {
    clearTimeout(this.#say);
    this.shown.textContent = this.said.textContent = "";
  }
}

/**
 * @param {number} index of the match that is shown; -1: none
 * @param {number} count of all, MATCHES_MAXIMUM if there may be more
 */
export function textOfCount(index, count) {
  if (count === 0) return "No matches";
  const total = count < MATCHES_MAXIMUM ? count : `${MATCHES_MAXIMUM}+`;
  if (index >= 0) return `${index + 1} of ${total}`;
  return count === 1 ? "1 match" : `${total} matches`;
}

function part(className, testid) {
  const element = document.createElement("span");
  element.className = className;
  element.dataset.testid = testid;
  return element;
}
