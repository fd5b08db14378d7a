/** What leads from one rich text to another. */

import { Delta } from "../../../../vendor/quill-delta.js";
import { affixes } from "../affixes.js";
import { same } from "../same.js";

const { AttributeMap, OpIterator } = Delta;
/** Stands for an embed, of whatever kind, while texts are compared. */
const PLACEHOLDER = "\ufffc";

/**
 * What stands between the beginning and the end that the two texts have in common is replaced; on
 * these, attributes are changed and embeds replaced where they are not the same.
 */
export function difference(before, after) {
  const [old, now] = [textOf(before), textOf(after)];
  const { start, end } = affixes(old, now);
  const [mine, theirs] = [new OpIterator(before.ops), new OpIterator(after.ops)];
  const change = new Delta();
  reformat(change, mine, theirs, start);
  for (const component of taken(theirs, now.length - start - end)) change.push(component);
  change.delete(old.length - start - end);
  taken(mine, old.length - start - end);
  reformat(change, mine, theirs, end);
  return { ops: change.chop().ops };
}

const textOf = ({ ops }) => ops.map(({ insert }) => (typeof insert === "string" ? insert : PLACEHOLDER)).join("");

function reformat(change, mine, theirs, left) {
  while (left > 0) {
    const count = Math.min(left, mine.peekLength(), theirs.peekLength());
    const [old, now] = [mine.next(count), theirs.next(count)];
    if (same(old.insert, now.insert)) change.retain(count, AttributeMap.diff(old.attributes, now.attributes));
    else change.push(now).delete(count);
    left -= count;
  }
}

function taken(iterator, left) {
  const components = [];
  while (left > 0) {
    const count = Math.min(left, iterator.peekLength());
    components.push(iterator.next(count));
    left -= count;
  }
  return components;
}
