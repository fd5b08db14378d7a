/** Transformation of json0 operations: ot-json0's, but where a string is edited in both forms. */

import { bootstrapTransform, json0 } from "../../../../vendor/ot-json0.js";
import { append, asText0, isText, ofEdit } from "./components.js";

const row = {};
bootstrapTransform(row, step, json0.checkValidOp, append);

/**
 * `operation` as it must be after `other`, both in normal form.
 * @throws {RangeError} they can't both fit any one content
 */
export function transform(operation, other, side) {
  try {
    return row.transform(operation, other, side);
  } catch (error) {
    throw new RangeError(`it does not fit the content it was made on: ${error.message}`);
  }
}

function step(list, component, other, side) {
  for (const part of moved(component, other, side)) append(list, part);
  return list;
}

function moved(component, other, side) {
  if (apart(component.p, other.p)) return [component];
  const mixed = isText(component) && isText(other) && (component.t === undefined) !== (other.t === undefined);
  return mixed ? besideText(component, other, side) : json0.transformComponent([], component, other, side);
}

/** Whether two paths part at once, at members of the outermost object: the common case. */
const apart = (path, other) =>
  path.length > 0 && other.length > 0 && path[0] !== other[0] && typeof path[0] === typeof other[0] && typeof path[0] === "string";

/** ot-json0 leaves `si` and `sd` as they are beside `t`, and the two orders end differently. */
function besideText(component, other, side) {
  const [one, two] = [asText0(component), asText0(other)];
  if (!json0.pathMatches(one.p, two.p)) return [component];
  const result = json0.transformComponent([], one, two, side);
  return component.t === undefined ? result.flatMap(({ p, o }) => o.map((edit) => ofEdit(edit, p))) : result;
}
