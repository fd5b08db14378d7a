/** What two texts have in common at their ends. */

import { isHigh, isLow } from "./surrogates.js";

/**
 * @returns {{start: number, end: number}} how many code units at the start, and how many of the
 *   others at the end; neither splits a surrogate pair
 */
export function affixes(before, after) {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  if (start > 0 && isHigh(before.charCodeAt(start - 1))) start -= 1;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  if (end > 0 && isLow(before.charCodeAt(before.length - end))) end -= 1;
  return { start, end };
}
