/** Cuts big json0 operations into parts that a server takes, as `collab/ot/json0/split.py` does. */

import { LEAST_TEXT_BYTES, bytesOf, head } from "../bytes.js";
import { same } from "../same.js";
import { asText0, isText, joined, ofEdit } from "./components.js";

// The server takes 500, those of embedded text counted each.
const MAX_COMPONENTS = 400;
/** A replacement is sent as one up to so many times the size of a part. */
const MAX_UNCUT = 5;

/**
 * The operation as two, the first of which is at most about `bytes` long as JSON; null as the second
 * if all of it fits. Texts are cut between characters; a value that is put in or deleted is not.
 * @returns {[object[], object[] | null]}
 */
export function splitComponents(operation, bytes) {
  const pieces = operation.flatMap((component) => piecesOf(component, bytes));
  let room = bytes;
  let count = 0;
  while (count < pieces.length && count < MAX_COMPONENTS) {
    room -= bytesOf(pieces[count]);
    if (room < 0 && count > 0) break;
    count += 1;
  }
  if (count === pieces.length) return [operation, null];
  return [joined(pieces.slice(0, count)), joined(pieces.slice(count))];
}

function piecesOf(component, bytes) {
  return isText(component) ? textPieces(component, Math.max(bytes, LEAST_TEXT_BYTES)) : halves(component, bytes);
}

function halves(component, bytes) {
  const { p, od, oi, ld, li } = component;
  const isReplacement = (od !== undefined && oi !== undefined) || (ld !== undefined && li !== undefined);
  if (!isReplacement || bytesOf(component) <= MAX_UNCUT * bytes) return [component];
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
