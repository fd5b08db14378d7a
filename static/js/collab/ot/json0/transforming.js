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
  if (staysAside(component, other)) return [component];
  const mixed = isText(component) && isText(other) && (component.t === undefined) !== (other.t === undefined);
  return mixed ? besideText(component, other, side) : json0.transformComponent([], component, other, side);
}

/**
 * Whether the other component changes nothing for this one: the common case, and so not worth the copy
 * that ot-json0 makes. False where it is not seen at a glance.
 */
function staysAside(component, other) {
  // The step of the path in which the other one acts, if it acts in a container that this one is in.
  const at = json0.commonLengthForOps(other, component);
  if (at === null) return !deletes(component) || json0.commonLengthForOps(component, other) === null;
  if (isText(other)) return false;
  const [here, there] = [component.p[at], other.p[at]];
  if (typeof here === "string") return here !== there;
  return typeof here === "number" && there > here && other.lm === undefined && component.lm === undefined;
}

const deletes = ({ ld, od }) => ld !== undefined || od !== undefined;

/** ot-json0 leaves `si` and `sd` as they are beside `t`, and the two orders end differently. */
function besideText(component, other, side) {
  const [one, two] = [asText0(component), asText0(other)];
  if (!json0.pathMatches(one.p, two.p)) return [component];
  const result = json0.transformComponent([], one, two, side);
  return component.t === undefined ? result.flatMap(({ p, o }) => o.map((edit) => ofEdit(edit, p))) : result;
}
