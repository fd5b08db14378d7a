/** The operation types by their `doc_type`; `registerType` adds one of your own. */

import { text } from "./text.js";

const types = new Map([[text.name, text]]);

export function registerType(type) {
  types.set(type.name, type);
}

/** @throws {Error} there is no such type */
export function getType(name) {
  const type = types.get(name);
  if (!type) throw new Error(`no type '${name}': known are ${[...types.keys()].join(", ")}`);
  return type;
}
