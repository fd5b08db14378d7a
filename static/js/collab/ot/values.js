/** JSON values as documents hold them. */

import { isWellFormed, wellFormed } from "./surrogates.js";

const SHOWN = 60;
// Setting this key of an object does not make a member of it.
const FORBIDDEN_KEY = "__proto__";

/** A value as a message shows it: cut where it is long. */
export function shown(value) {
  const written = JSON.stringify(value) ?? String(value);
  return written.length <= SHOWN ? written : `${written.slice(0, SHOWN)}…`;
}

/**
 * @param {number} depth how many lists and objects may lie in one another
 * @throws {TypeError} it is no JSON value, or nested deeper
 */
export function checkValue(value, depth) {
  if (value === null || typeof value === "boolean" || typeof value === "string") return;
  if (typeof value === "number") return checkNumber(value);
  const isList = Array.isArray(value);
  if (!isList && Object.prototype.toString.call(value) !== "[object Object]") {
    throw new TypeError(`got ${shown(value)}, expected a JSON value`);
  }
  if (depth <= 0) throw new TypeError("a value is nested too deep");
  if (!isList) Object.keys(value).forEach(checkKey);
  // Not forEach: it skips the holes of a list.
  for (const item of isList ? value : Object.values(value)) checkValue(item, depth - 1);
}

/** @throws {TypeError} */
export function checkNumber(value) {
  if (!Number.isFinite(value)) throw new TypeError(`got ${String(value)}, expected a number`);
}

/** @throws {TypeError} */
export function checkKey(key) {
  if (key === FORBIDDEN_KEY) throw new TypeError(`'${FORBIDDEN_KEY}' can't be a key: browsers take it for something else`);
  if (!isWellFormed(key)) throw new TypeError(`a key has a lone surrogate: ${shown(key)}`);
}

/** A copy of the value, U+FFFD in place of every lone surrogate in its strings. */
export function healed(value) {
  if (typeof value === "string") return wellFormed(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(healed);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, healed(member)]));
}
