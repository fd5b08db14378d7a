/**
 * Plain text: Delta operations without attributes and embeds. Lengths and offsets count UTF-16 code
 * units, as JavaScript's strings do. compose, transform and invert are quill-delta's.
 *
 * @typedef {{retain: number} | {insert: string} | {delete: number}} Component
 * @typedef {{ops: Component[]}} Operation
 */

import { Delta } from "../../../vendor/quill-delta.js";
import { affixes } from "./affixes.js";
import { splitDelta } from "./split.js";
import { repair } from "./surrogates.js";
import { TextBuffer } from "./text_buffer.js";
import { written } from "./written.js";

const delta = (operation) => new Delta(operation.ops);
const plain = ({ ops }) => ({ ops });

export const text = {
  name: "text",

  create: (content = "") => content,

  /** The operation that changes nothing. */
  empty: { ops: [] },

  equals: (one, other) => one === other,

  isEmpty: ({ ops }) => ops.every((component) => component.retain !== undefined),

  /** @throws {TypeError} what is wrong with it, and where */
  check(operation) {
    if (!Array.isArray(operation?.ops)) throw new TypeError('an operation is {"ops": […]}');
    operation.ops.forEach((component, index) => {
      const keys = Object.keys(component ?? {});
      const value = component?.[keys[0]];
      const valid =
        keys.length === 1 &&
        (keys[0] === "insert"
          ? typeof value === "string"
          : ["retain", "delete"].includes(keys[0]) && Number.isSafeInteger(value) && value >= 0);
      if (!valid) throw new TypeError(`component ${index}: got ${JSON.stringify(component)}, expected retain, insert or delete`);
    });
  },

  /** The one normal form: neighbours merged, nothing empty, no retain at the end. */
  normalize(operation) {
    const normal = new Delta();
    for (const { retain, insert, delete: removed } of operation.ops) {
      if (insert !== undefined) normal.insert(insert);
      else if (retain !== undefined) normal.retain(retain);
      else normal.delete(removed);
    }
    return plain(normal.chop());
  },

  /**
   * The same change, fit to be sent: no surrogate pair is split, no lone surrogate inserted
   * (U+FFFD takes its place).
   */
  repair: (content, operation) => text.normalize(repair(content, operation)),

  /** Changes one after the other: to copy all of a long text for each of them takes long. */
  draft(content) {
    const buffer = new TextBuffer(content);
    return {
      get content() {
        return buffer.content;
      },
      repair(operation) {
        const repaired = text.repair(buffer, operation);
        buffer.apply(repaired);
        return repaired;
      },
      apply: (operation) => buffer.apply(operation),
    };
  },

  /** @throws {RangeError} the operation reaches beyond the content */
  apply(content, operation) {
    let result = "";
    let offset = 0;
    for (const { retain, insert, delete: removed } of operation.ops) {
      if (insert !== undefined) {
        result += insert;
        continue;
      }
      const end = offset + (retain ?? removed);
      if (end > content.length) throw new RangeError(`reaches to ${end}, the content ends at ${content.length}`);
      if (retain !== undefined) result += content.slice(offset, end);
      offset = end;
    }
    return result + content.slice(offset);
  },

  compose: (first, second) => plain(delta(first).compose(delta(second))),

  /** `side` is "left" when `operation` was committed first, else "right". */
  transform: (operation, other, side) =>
    plain(delta(other).transform(delta(operation), side === "right")),

  invert: (operation, content) => plain(delta(operation).invert(new Delta().insert(content))),

  /** A cursor moves behind what its own editor inserts at it, and stays before what others do. */
  written,

  transformCursor: (offset, operation, own) => delta(operation).transformPosition(offset, !own),

  /** What turns `before` into `after`, as one replacement. */
  difference(before, after) {
    const { start, end } = affixes(before, after);
    const change = new Delta().retain(start);
    change.insert(after.slice(start, after.length - end)).delete(before.length - start - end);
    return plain(change.chop());
  },

  split: splitDelta,
};
