/**
 * The part of a rich text that an operation touches. quill-delta walks through the whole of a content, and
 * copies each component; what lies before and behind the touched part is only skipped here.
 */

import { Delta } from "../../../../vendor/quill-delta.js";

const lengthOf = ({ insert }) => (typeof insert === "string" ? insert.length : 1);

/** How many units the operation retains before it does something. */
function unitsBefore([first]) {
  return typeof first?.retain === "number" && first.attributes === undefined ? first.retain : 0;
}

/**
 * @param {object[]} ops of a content
 * @param {object[]} change of an operation on it
 * @returns {{first: number, end: number, change: Delta}} the change as one of `ops.slice(first, end)`, which has
 *   a neighbour on each side that the change leaves as it is, where there is one
 * @throws {RangeError} the operation reaches beyond the content
 */
export function touched(ops, change) {
  const start = unitsBefore(change);
  const reach = change.reduce((sum, { retain = 0, delete: removed = 0 }) => sum + retain + removed, 0);
  let index = 0;
  let offset = 0;
  while (index < ops.length && offset + lengthOf(ops[index]) < start) offset += lengthOf(ops[index++]);
  // The component in which the change begins, and the one before: what is put in may join it.
  const first = Math.max(0, index - 1);
  const skipped = first < index ? offset - lengthOf(ops[first]) : offset;
  while (index < ops.length && offset < reach) offset += lengthOf(ops[index++]);
  if (offset < reach) throw new RangeError(`reaches to ${reach}, the content ends at ${offset}`);
  const rest = start > 0 ? change.slice(1) : change;
  const retained = start > skipped ? [{ retain: start - skipped }] : [];
  return { first, end: Math.min(ops.length, index + 1), skipped, change: new Delta([...retained, ...rest]) };
}
