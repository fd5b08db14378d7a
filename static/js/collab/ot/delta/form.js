/** What a JSON value must look like to be an operation on rich text. */

import { checkKey, checkValue, shown } from "../values.js";
import { isWellFormed } from "../surrogates.js";

const EMBED_DEPTH = 16;
const EXPECTED = "expected retain, insert or delete, the first two with attributes or without";

/** @throws {TypeError} what is wrong with it, and where; lone surrogates in texts are healed later */
export function check(operation) {
  const ops = operation?.ops;
  if (!Array.isArray(ops) || Object.keys(operation).length !== 1) throw new TypeError('an operation is {"ops": […]}');
  ops.forEach((component, index) => {
    try {
      checkComponent(component);
    } catch (error) {
      throw new TypeError(`component ${index}: ${error.message}`);
    }
  });
}

function checkComponent(component) {
  const keys = Object.keys(component ?? {}).filter((key) => component[key] !== undefined);
  const kinds = keys.filter((key) => key !== "attributes");
  const [kind] = kinds;
  const isFormatted = keys.length > kinds.length;
  if (kinds.length !== 1 || !["retain", "insert", "delete"].includes(kind) || (kind === "delete" && isFormatted)) {
    throw new TypeError(`got ${shown(component)}, ${EXPECTED}`);
  }
  if (kind === "insert") checkInserted(component.insert);
  else checkLength(kind, component[kind]);
  if (isFormatted) checkAttributes(component.attributes);
}

function checkLength(kind, value) {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new TypeError(`${kind} is ${shown(value)}, expected a whole number of UTF-16 code units`);
}

function checkInserted(value) {
  if (typeof value === "string") return;
  if (Object.prototype.toString.call(value) !== "[object Object]") {
    throw new TypeError(`insert is ${shown(value)}, expected text or an embed`);
  }
  if (Object.keys(value).length !== 1) throw new TypeError(`an embed has one key, its kind: got ${shown(value)}`);
  checkValue(value, EMBED_DEPTH);
}

function checkAttributes(attributes) {
  if (Object.prototype.toString.call(attributes) !== "[object Object]") {
    throw new TypeError(`attributes are ${shown(attributes)}, expected an object`);
  }
  for (const [key, value] of Object.entries(attributes)) {
    checkKey(key);
    checkValue(value, 0);
    if (typeof value === "string" && !isWellFormed(value)) throw new TypeError(`the attribute '${key}' has a lone surrogate`);
  }
}
