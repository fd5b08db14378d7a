/** Cuts big json0 operations into parts that a server takes, as `collab/ot/json0/split.py` does. */

import { LEAST_TEXT_BYTES, bytesOf, head } from "../bytes.js";
import { same } from "../same.js";
import { append, appendEdit, asText0, isText, ofEdit } from "./components.js";

// The server takes 500, those of embedded text counted each.
const COMPONENTS_MAXIMUM = 400;
/** A replacement is sent as one up to so many times the size of a part. */
const UNCUT_MAXIMUM = 5;

/**
 * The operation as two, the first of which is at most about `bytes` long as JSON; null as the second
 * if all of it fits. Texts are cut between characters; a value that is put in or deleted is not.
 * @returns {[object[], object[] | null]}
 */
export function splitComponents(operation, bytes) {
  const pieces = operation.flatMap((component) => piecesOf(component, bytes));
  let room = bytes;
  let count = 0;
  while (count < pieces.length && count < COMPONENTS_MAXIMUM) {
    room -= bytesOf(pieces[count].piece);
    if (room < 0 && count > 0) break;
    count += 1;
  }
  if (count === pieces.length) return [operation, null];
  return [joined(pieces.slice(0, count)), joined(pieces.slice(count))];
}

/** @returns {{component: object, piece: object}[]} with the component that each is a piece of */
function piecesOf(component, bytes) {
  const pieces = isText(component) ? textPieces(component, Math.max(bytes, LEAST_TEXT_BYTES)) : halves(component, bytes);
  return pieces.map((piece) => ({ component, piece }));
}

function halves(component, bytes) {
  const { p, od, oi, ld, li } = component;
  const isReplacement = (od !== undefined && oi !== undefined) || (ld !== undefined && li !== undefined);
  if (!isReplacement || bytesOf(component) <= UNCUT_MAXIMUM * bytes) return [component];
  if (ld !== undefined) return [{ p, ld }, { p, li }];
  if (p.length > 0) return [{ p, od }, { p, oi }];
  // A whole document can't be deleted: in between it is empty.
  return same(od, {}) || same(oi, {}) ? [component] : [{ p, od, oi: {} }, { p, od: {}, oi }];
}

/** One component of `t` for each of its edits, and none with a longer text than `bytes`. */
function textPieces(component, bytes) {
  const { p, o } = asText0(component);
  return o.flatMap((edit) => editPieces(edit, bytes)).map((edit) =>
    component.t === undefined ? ofEdit(edit, p) : { p, t: "text0", o: [edit] },
  );
}

function editPieces({ p, i, d }, bytes) {
  const pieces = [];
  for (let rest = i ?? d; rest !== ""; ) {
    const part = head(rest, bytes);
    pieces.push(i === undefined ? { p, d: part } : { p, i: part });
    rest = rest.slice(part.length);
    if (i !== undefined) p += part.length;
  }
  return pieces;
}

function joined(pieces) {
  const components = [];
  for (let index = 0; index < pieces.length; ) {
    const { component } = pieces[index];
    const from = index;
    while (pieces[index]?.component === component) index += 1;
    const together = pieces.slice(from, index).map(({ piece }) => piece);
    if (component.t === undefined) together.forEach((piece) => append(components, piece));
    else append(components, withEdits(component.p, together));
  }
  return components;
}

/** As one: to append the edits one by one to a component takes time that grows with its length. */
function withEdits(p, pieces) {
  const o = [];
  for (const piece of pieces) appendEdit(o, piece.o[0]);
  return { p, t: "text0", o };
}
