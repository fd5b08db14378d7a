/**
 * The part of a rich text that an operation touches. quill-delta walks through the whole of a content, and
 * copies each component; what lies before and behind the touched part is only skipped here.
 */

import { Delta } from "../../../../vendor/quill-delta.js";
import { lengthOf, locate } from "./index.js";

/** How many units the operation retains before it does something. */
export function unitsBefore([first]) {
  return typeof first?.retain === "number" && first.attributes === undefined ? first.retain : 0;
}

/**
 * @param {object[]} ops of a content
 * @param {object[]} change of an operation on it
 * @returns {{first: number, end: number, skipped: number, change: Delta}} the change as one of
 *   `ops.slice(first, end)`, which begins at `skipped` and has a neighbour on each side that the change leaves as
 *   it is, where there is one
 * @throws {RangeError} the operation reaches beyond the content
 */
export function touched(ops, change) {
  const start = unitsBefore(change);
  const reach = change.reduce((sum, { retain = 0, delete: removed = 0 }) => sum + retain + removed, 0);
  const { index, before } = locate(ops, start);
  // The component in which the change begins, and the one before: what is put in may join it.
  const first = Math.max(0, index - 1);
  const skipped = first < index ? before - lengthOf(ops[first]) : before;
  let [end, offset] = [index, before];
  while (end < ops.length && offset < reach) offset += lengthOf(ops[end++]);
  if (offset < reach) throw new RangeError(`reaches to ${reach}, the content ends at ${offset}`);
  const rest = start > 0 ? change.slice(1) : change;
  const retained = start > skipped ? [{ retain: start - skipped }] : [];
  return { first, end: Math.min(ops.length, end + 1), skipped, change: new Delta([...retained, ...rest]) };
}
