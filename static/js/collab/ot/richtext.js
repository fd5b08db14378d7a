/**
 * Rich text: Delta operations with attributes and embeds, as Quill's. Content is `{ops: [inserts]}` in
 * normal form. Lengths and offsets count UTF-16 code units; an embed is one. compose, transform and
 * invert are quill-delta's.
 *
 * @typedef {{[name: string]: string | number | boolean | null}} Attributes null removes
 * @typedef {{retain: number, attributes?: Attributes}
 *   | {insert: string | object, attributes?: Attributes} | {delete: number}} Component
 * @typedef {{ops: Component[]}} Operation
 */

import { Delta } from "../../../vendor/quill-delta.js";
import { check } from "./delta/form.js";
import { difference } from "./delta/difference.js";
import { replaced } from "./delta/index.js";
import { repair } from "./delta/repair.js";
import { touched } from "./delta/window.js";
import { same } from "./same.js";
import { splitDelta } from "./split.js";
import { written } from "./written.js";

const delta = (operation) => new Delta(operation.ops);
const plain = ({ ops }) => ({ ops });

export const richtext = {
  name: "richtext",

  create: (content = { ops: [] }) => content,

  /** The operation that changes nothing. */
  empty: { ops: [] },

  equals: (one, other) => same(one.ops, other.ops),

  isEmpty: ({ ops }) => ops.every(({ retain, attributes }) => retain !== undefined && !attributes),

  /** @throws {TypeError} what is wrong with it, and where */
  check,

  /** The one normal form: neighbours merged, nothing empty, no mere retain at the end. */
  normalize({ ops }) {
    const normal = new Delta();
    for (const { retain, insert, delete: removed, attributes } of ops) {
      if (insert !== undefined) normal.insert(insert, withoutNull(attributes));
      else if (retain !== undefined) normal.retain(retain, attributes);
      else normal.delete(removed);
    }
    return plain(normal.chop());
  },

  /**
   * The same change, fit to be sent: no surrogate pair is split, no lone surrogate inserted
   * (U+FFFD takes its place).
   */
  repair: (content, operation) => richtext.normalize(repair(content, operation)),

  /** @throws {RangeError} the operation reaches beyond the content */
  apply(content, operation) {
    const { ops } = content;
    const { first, end, change } = touched(ops, operation.ops);
    const after = new Delta(ops.slice(first, end)).compose(change);
    return { ops: replaced(ops, first, end, after.ops) };
  },

  compose: (first, second) => plain(delta(first).compose(delta(second))),

  /** `side` is "left" when `operation` was committed first, else "right". */
  transform: (operation, other, side) =>
    plain(delta(other).transform(delta(operation), side === "right")),

  /** @throws {RangeError} the operation reaches beyond the content */
  invert(operation, { ops }) {
    const { first, end, skipped, change } = touched(ops, operation.ops);
    return plain(new Delta().retain(skipped).concat(change.invert(new Delta(ops.slice(first, end)))).chop());
  },

  /** A cursor moves behind what its own editor inserts at it, and stays before what others do. */
  written,

  transformCursor: (offset, operation, own) => delta(operation).transformPosition(offset, !own),

  difference,

  split: splitDelta,
};

/** A new insert has nothing that null could remove. */
function withoutNull(attributes) {
  return attributes && Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null));
}
