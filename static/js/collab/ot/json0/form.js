/** What a JSON value must look like to be an operation in the json0 format. */

import { checkKey, checkNumber, checkValue, shown } from "../values.js";

const MAXIMUM_DEPTH = 64;
const SHAPES = new Set(["oi", "od", "od oi", "li", "ld", "ld li", "lm", "na", "si", "sd", "o t"]);
const EXPECTED = "expected p and one of: oi, od, od and oi, li, ld, ld and li, lm, na, si, sd, t and o";

/** @throws {TypeError} what is wrong with it, and where; lone surrogates in values are healed later */
export function check(operation) {
  if (!Array.isArray(operation)) throw new TypeError("an operation is a list of components");
  operation.forEach((component, index) => {
    try {
      checkComponent(component);
    } catch (error) {
      throw new TypeError(`component ${index}: ${error.message}`);
    }
  });
}

function checkComponent(component) {
  const kinds = Object.keys(component ?? {}).filter((key) => key !== "p" && component[key] !== undefined).sort();
  const shape = kinds.join(" ");
  if (!SHAPES.has(shape)) throw new TypeError(`got ${shown(component)}, ${EXPECTED}`);
  checkPath(component.p);
  checkEnd(component, kinds);
  for (const kind of kinds) PARTS[kind](component[kind], MAXIMUM_DEPTH - component.p.length);
}

const PARTS = {
  oi: checkValue,
  od: checkValue,
  li: checkValue,
  ld: checkValue,
  lm: checkIndex,
  na: checkNumber,
  si: checkString,
  sd: checkString,
  t: (value) => {
    if (value !== "text0") throw new TypeError(`got ${shown(value)}: the one embedded type is 'text0'`);
  },
  o: (edits) => {
    if (!Array.isArray(edits)) throw new TypeError(`got ${shown(edits)}, expected a list of text0 components`);
    edits.forEach(checkEdit);
  },
};

function checkPath(path) {
  if (!Array.isArray(path)) throw new TypeError(`the path p is ${shown(path)}, expected a list of keys and indexes`);
  // One more than there may be lists and objects: the offset in a string.
  if (path.length > MAXIMUM_DEPTH + 1) throw new TypeError(`a path of ${path.length} steps: the limit is ${MAXIMUM_DEPTH + 1}`);
  for (const step of path) {
    if (typeof step === "string") checkKey(step);
    else checkIndex(step);
  }
}

/** The last step of a path is a key, an index or an offset, as the kind demands. */
function checkEnd({ p, oi }, kinds) {
  if (kinds.includes("na") || kinds.includes("t")) return;
  if (p.length === 0) {
    if (kinds.join(" ") !== "od oi") throw new TypeError("the whole document can only be replaced: give both od and oi");
    if (oi === null) throw new TypeError("the whole document can't become null: replace it by {}");
    return;
  }
  const wanted = kinds.includes("oi") || kinds.includes("od") ? "string" : "number";
  if (typeof p.at(-1) !== wanted) {
    throw new TypeError(`path ${shown(p)} ends with ${shown(p.at(-1))}, expected a ${wanted}`);
  }
}

function checkEdit(edit) {
  const keys = Object.keys(edit ?? {}).sort().join(" ");
  if (keys !== "i p" && keys !== "d p") throw new TypeError(`got ${shown(edit)}, expected {p: offset, i or d: text}`);
  checkIndex(edit.p);
  checkString(edit.i ?? edit.d);
}

function checkIndex(value) {
  if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`got ${shown(value)}, expected an index or offset`);
}

function checkString(value) {
  if (typeof value !== "string") throw new TypeError(`got ${shown(value)}, expected a string`);
}
