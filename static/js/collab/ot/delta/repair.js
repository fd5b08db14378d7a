/** An editor that compares texts unit by unit may cut an emoji in half; this heals it. */

import { Delta } from "../../../../vendor/quill-delta.js";
import { locate } from "./index.js";
import { unitsBefore } from "./window.js";
import { isHigh, isLow, isWellFormed, wellFormed } from "../surrogates.js";
import { healed } from "../values.js";

const { AttributeMap, OpIterator } = Delta;

/**
 * The same change to `content`, widened where it would split a pair, its inserts well-formed and
 * shared with nobody.
 */
export function repair(content, { ops }) {
  const split = splitPairs(content, ops);
  const whole = split.length === 0 ? ops : widened(content, ops, split);
  return { ops: whole.map(soundInsert) };
}

function soundInsert(component) {
  const { insert } = component;
  if (insert === undefined || (typeof insert === "string" && isWellFormed(insert))) return component;
  return { ...component, insert: typeof insert === "string" ? wellFormed(insert) : healed(insert) };
}

/** Where components meet between the two halves of a pair of the content, ascending. */
function splitPairs(content, ops) {
  const found = new Set();
  // What the first one passes over is not looked at.
  let { index: next, before: skipped } = locate(content.ops, unitsBefore(ops));
  let left = 0; // of the content's insert that is looked at
  let text = "";
  let offset = 0;
  for (const { retain = 0, delete: removed = 0 } of ops) {
    let length = retain + removed;
    offset += length;
    length -= skipped;
    skipped = 0;
    while (length > left && next < content.ops.length) {
      length -= left;
      const { insert } = content.ops[next++];
      text = typeof insert === "string" ? insert : "\ufffc";
      left = text.length;
    }
    left -= length;
    const at = text.length - left;
    if (isHigh(text.charCodeAt(at - 1)) && isLow(text.charCodeAt(at))) found.add(offset);
  }
  return [...found];
}

/** Every pair at `split` is kept or deleted as one. */
function widened(content, ops, split) {
  const base = new OpIterator(content.ops);
  const change = new OpIterator(ops);
  const result = new Delta();
  let offset = 0;
  for (const middle of split) {
    offset = copy(change, base, result, offset, middle - 1);
    joinHalves(change, base, result);
    offset += 2;
  }
  change.rest().forEach((component) => result.push(component));
  return result.ops;
}

/** Everything up to `end` in the content as it is. */
function copy(change, base, result, offset, end) {
  while (offset < end || change.peekType() === "insert") {
    if (change.peekType() === "insert") {
      result.push(change.next());
      continue;
    }
    const component = change.next(end - offset);
    const length = Delta.Op.length(component);
    result.push(component);
    skip(base, length);
    offset += length;
  }
  return offset;
}

function skip(base, length) {
  while (length > 0) length -= Delta.Op.length(base.next(length));
}

/** The two halves of a pair and what is inserted between them. */
function joinHalves(change, base, result) {
  const { insert: pair, attributes: formats } = base.next(2);
  const first = change.next(1);
  const between = [];
  while (change.peekType() === "insert") between.push(change.next());
  const second = change.next(1);
  if (between.length === 0 && first.delete === undefined && second.delete === undefined) {
    result.retain(2, first.attributes ?? second.attributes);
    return;
  }
  const half = (component, unit) => {
    if (component.delete === undefined) result.insert(unit, AttributeMap.compose(formats, component.attributes));
  };
  half(first, pair[0]);
  between.forEach((component) => result.push(component));
  half(second, pair[1]);
  result.delete(2);
}
