/** Cuts big operations into parts that a server takes, as `collab/ot/delta/split.py` does. */

import { Delta } from "../../../vendor/quill-delta.js";
import { LEAST_TEXT_BYTES, bytesOf, head, jsonBytes } from "./bytes.js";

// The JSON around a number or a text and the key is at most this long.
const COMPONENT_BYTES = 32;
const MAX_COMPONENTS = 2000;

/**
 * A Delta operation as two, the first of which is at most about `bytes` long as JSON; null as the
 * second if all of it fits. It has at most `MAX_COMPONENTS` components. Embeds and attributes are
 * not cut, so a part may be as large as one of them.
 * @returns {[object, object | null]}
 */
export function splitDelta(operation, bytes) {
  let room = bytes;
  let offset = 0; // in the content that the first part makes
  const first = [];
  const rest = [...operation.ops];
  let changes = false; // a part that changes nothing would be followed by the same again
  while (rest.length > 0 && first.length < MAX_COMPONENTS) {
    const [component] = rest;
    room -= fixedBytes(component);
    if (room <= 0 && changes) break;
    const { insert } = component;
    const least = Math.max(changes ? 0 : Math.floor(bytes / 8), LEAST_TEXT_BYTES);
    const fits = typeof insert === "string" ? head(insert, Math.max(room, least)) : insert;
    if (fits !== insert) {
      first.push({ ...component, insert: fits });
      rest[0] = { ...component, insert: insert.slice(fits.length) };
      offset += fits.length;
      break;
    }
    if (typeof insert === "string") room -= jsonBytes(insert);
    changes ||= component.retain === undefined || component.attributes !== undefined;
    if (component.delete === undefined) offset += Delta.Op.length(component);
    first.push(rest.shift());
  }
  if (rest.length === 0) return [operation, null];
  return [{ ops: new Delta(first).chop().ops }, { ops: new Delta().retain(offset).concat(new Delta(rest)).ops }];
}

/** All of a component but its text. */
function fixedBytes({ insert, attributes }) {
  let bytes = COMPONENT_BYTES;
  if (attributes) bytes += bytesOf(attributes);
  if (typeof insert === "object") bytes += bytesOf(insert);
  return bytes;
}
