/** Cuts big json0 operations into parts that a server takes. */

import { head } from "../split.js";
import { append, asText0, isText, ofEdit } from "./components.js";

// The server takes 500, those of embedded text counted each.
const COMPONENTS_MAXIMUM = 400;

/**
 * The operation as two, the first of which is at most about `bytes` long as JSON; null as the second
 * if all of it fits. Texts are cut between characters; a value that is put in or deleted is not.
 * @returns {[object[], object[] | null]}
 */
export function splitComponents(operation, bytes) {
  const pieces = operation.flatMap((component) => (isText(component) ? textPieces(component, bytes) : [component]));
  let room = bytes;
  let count = 0;
  while (count < pieces.length && count < COMPONENTS_MAXIMUM) {
    room -= bytesOf(pieces[count]);
    if (room < 0 && count > 0) break;
    count += 1;
  }
  if (count === pieces.length) return [operation, null];
  return [joined(pieces.slice(0, count)), joined(pieces.slice(count))];
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

const bytesOf = (component) => new TextEncoder().encode(JSON.stringify(component)).length;

function joined(pieces) {
  const components = [];
  for (const piece of pieces) append(components, piece);
  return components;
}
