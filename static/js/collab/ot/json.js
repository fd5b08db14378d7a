/**
 * JSON documents, and operations in the json0 format that ShareDB made known: a list of components
 * such as `{p: ["cards", 0], li: {…}}`, carried out one after the other. transform, compose and invert
 * are ot-json0's; what the server refuses is refused here, too: `od`, `ld` and `sd` that do not match,
 * `oi` at a key that is taken, a sum that a double does not hold.
 *
 * Content is never changed in place: what an operation leaves alone is shared by the content before
 * and after it.
 */

import { json0 } from "../../../vendor/ot-json0.js";
import { compose, joined, withEditsJoined } from "./json0/components.js";
import { difference } from "./json0/difference.js";
import { check } from "./json0/form.js";
import { draft, knownAfter, repair } from "./json0/repair.js";
import { splitComponents } from "./json0/split.js";
import { transform } from "./json0/transforming.js";
import { Tree } from "./json0/tree.js";
import { same } from "./same.js";

export const json = {
  name: "json",

  create: (content = {}) => content,

  /** The operation that changes nothing. */
  empty: [],

  equals: same,

  isEmpty: (operation) => operation.length === 0,

  /** @throws {TypeError} what is wrong with it, and where */
  check,

  /** The one normal form: all neighbours that can be one component are one. */
  normalize: (operation) => joined(operation.map(withEditsJoined)),

  repair,

  draft,

  /** @throws {RangeError} the operation does not fit the content */
  apply(content, operation) {
    const known = knownAfter(content, operation);
    if (known !== undefined) return known;
    const tree = new Tree(content);
    for (const component of operation) tree.change(component);
    return tree.content;
  },

  compose,

  /** `side` is "left" when `operation` was committed first, else "right". */
  transform,

  /** @throws {RangeError} the operation does not fit the content */
  invert(operation, content) {
    json.apply(content, operation);
    return json.inverse(operation);
  },

  /** Of an operation that fits: it holds all that it removes. */
  inverse: (operation) => json.normalize(json0.invert(operation)),

  /** The same offset: a cursor in a JSON document is no number. Tell the others where one is by `setData`. */
  transformCursor: (offset) => offset,

  difference,

  split: splitComponents,
};
