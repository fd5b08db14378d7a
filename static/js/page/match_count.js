/** How many matches there are ("3 of 17"): seen at once, and said by a screen reader after a pause. */

import { MAX_MATCHES } from "./occurrences.js";

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
 * @param {number} count
 * @param {boolean} [isPartial] there may be more
 */
export function textOfCount(index, count, isPartial = count >= MAX_MATCHES) {
  if (count === 0) return "No matches";
  const total = isPartial ? `more than ${written(count - 1)}` : written(count);
  if (index >= 0) return `${written(index + 1)} of ${total}`;
  return count === 1 && !isPartial ? "1 match" : `${total} matches`;
}

const written = (number) => number.toLocaleString("en");

function part(className, testid) {
  const element = document.createElement("span");
  element.className = className;
  element.dataset.testid = testid;
  return element;
}
