/**
 * Plain text: Delta operations without attributes and embeds. Lengths and offsets count UTF-16 code
 * units, as JavaScript's strings do. compose, transform and invert are quill-delta's.
 *
 * @typedef {{retain: number} | {insert: string} | {delete: number}} Component
 * @typedef {{ops: Component[]}} Operation
 */

import { Delta } from "../../../vendor/quill-delta.js";
import { repair } from "./surrogates.js";

const delta = (operation) => new Delta(operation.ops);
const plain = ({ ops }) => ({ ops });
// Components are one of three kinds; the JSON around a number and the key is at most this long.
const COMPONENT_BYTES = 32;
const COMPONENTS_MAXIMUM = 2000;

export const text = {
  name: "text",

  create: (content = "") => content,

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
  transformCursor: (offset, operation, own) => delta(operation).transformPosition(offset, !own),

  /** What turns `before` into `after`, as one replacement. */
  difference(before, after) {
    const shorter = Math.min(before.length, after.length);
    let start = 0;
    while (start < shorter && before[start] === after[start]) start += 1;
    let end = 0;
    while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
    const change = new Delta().retain(start);
    change.insert(after.slice(start, after.length - end)).delete(before.length - start - end);
    return text.repair(before, plain(change));
  },

  /**
   * The operation as two, the first of which is at most about `bytes` long as JSON; null as the
   * second if all of it fits.
   * @returns {[Operation, Operation | null]}
   */
  split(operation, bytes) {
    let room = bytes;
    let offset = 0; // in the content that the first part makes
    const first = [];
    const rest = [...operation.ops];
    while (rest.length > 0 && first.length < COMPONENTS_MAXIMUM) {
      const { insert, retain } = rest[0];
      room -= COMPONENT_BYTES;
      if (room <= 0 && first.length > 0) break;
      const fits = insert === undefined ? insert : head(insert, Math.max(room, 16));
      if (insert !== undefined && fits.length < insert.length) {
        first.push({ insert: fits });
        rest[0] = { insert: insert.slice(fits.length) };
        offset += fits.length;
        break;
      }
      room -= insert === undefined ? 0 : jsonBytes(insert);
      offset += insert?.length ?? retain ?? 0;
      first.push(rest.shift());
    }
    if (rest.length === 0) return [operation, null];
    const remaining = new Delta().retain(offset).concat(new Delta(rest));
    return [text.normalize({ ops: first }), plain(remaining)];
  },
};

/** The longest beginning whose JSON is at most `bytes` long, ending between characters. */
function head(insert, bytes) {
  if (insert.length * 6 <= bytes) return insert;
  let used = 0;
  let end = 0;
  for (const character of insert) {
    used += jsonBytes(character);
    if (used > bytes) break;
    end += character.length;
  }
  return insert.slice(0, end);
}

function jsonBytes(string) {
  let bytes = 0;
  for (let index = 0; index < string.length; index += 1) {
    const unit = string.charCodeAt(index);
    if (unit < 0x20) bytes += 6;
    else if (unit < 0x80) bytes += unit === 0x22 || unit === 0x5c ? 2 : 1;
    else bytes += unit < 0x800 ? 2 : 3;
  }
  return bytes;
}
