/** The operation types by their `doc_type`: those that were registered, which `index.js` does with all of ours. */

import { same } from "./same.js";

const registered = new Map();

const REQUIRED = ["create", "isEmpty", "check", "apply", "compose", "transform", "invert", "difference"];

/** What a type need not have. */
const OPTIONAL = {
  equals: same,
  normalize: (operation) => operation,
  repair(content, operation) {
    return this.normalize(operation);
  },
  transformCursor: (offset) => offset,
  split: whole,
};

function whole(operation) {
  return [operation, null];
}

/** Whether operations of this type that are too big for one edit are cut. */
export const isCut = (type) => type.split !== whole;

/**
 * Add a type. `text.js` shows what each function does. Content and operations are JSON values that no
 * function changes in place; functions that read an operation may take it as checked. A type has
 *
 * - `name`, and `empty`: the operation that changes nothing
 * - `create(content?)`, `isEmpty(operation)`, `check(operation)` (TypeError), `apply(content,
 *   operation)` (RangeError), `compose(first, second)`, `transform(operation, other, side)`,
 *   `invert(operation, content)`, `difference(before, after)`
 * - if it likes, `equals(one, other)` of contents, `normalize(operation)`, `repair(content, operation)`,
 *   `transformCursor(offset, operation, own)`, `split(operation, bytes)`
 * - where to copy a content for each change takes long, `draft(content)`: {`content`, `repair(operation)`,
 *   `apply(operation)`}, which changes a copy of its own in place
 * - where operations hold what they remove, `inverse(operation)`: as `invert`, of one that was applied
 *
 * @throws {TypeError} something is missing
 */
export function registerType(type) {
  const missing = REQUIRED.filter((name) => typeof type[name] !== "function");
  if (!type.name) missing.unshift("name");
  if (type.empty === undefined) missing.unshift("empty");
  if (missing.length > 0) throw new TypeError(`the type '${type.name}' lacks ${missing.join(", ")}`);
  const defaults = Object.entries(OPTIONAL).filter(([name]) => type[name] === undefined);
  const complete = defaults.length === 0 ? type : Object.assign(Object.create(type), Object.fromEntries(defaults));
  registered.set(type.name, complete);
}

/** The names of all types. */
export const types = () => [...registered.keys()];

/** @throws {Error} there is no such type */
export function getType(name) {
  const type = registered.get(name);
  if (!type) throw new Error(`no type '${name}': known are ${types().join(", ")}`);
  return type;
}
