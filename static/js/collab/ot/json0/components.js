/**
 * Rows of json0 components in normal form: all neighbours that can be one component are one.
 * ot-json0 looks only at the last; here what two became is joined with the one before it, too, as the
 * server does. Which two can be joined, and to what, is ot-json0's answer.
 */

import { bootstrapTransform, json0, text0 } from "../../../../vendor/ot-json0.js";
import { same } from "../same.js";

/** @typedef {object} Component `{p: path, …}`, as the server's documentation lists them */

export const isText = (component) =>
  component.si !== undefined || component.sd !== undefined || component.t !== undefined;

/** What a component with `si` or `sd` does in its string. */
export function asEdit({ p, si, sd }) {
  return si === undefined ? { p: p.at(-1), d: sd } : { p: p.at(-1), i: si };
}

/** The edits of a component on a string, and the path of the string. */
export function asText0(component) {
  if (component.t !== undefined) return component;
  return { p: component.p.slice(0, -1), t: "text0", o: [asEdit(component)] };
}

/** The edit as a component with `si` or `sd`; `path` is that of the string. */
export function ofEdit({ p, i, d }, path) {
  return i === undefined ? { p: [...path, p], sd: d } : { p: [...path, p], si: i };
}

/**
 * Add a component, or an edit, in its place after the others. `owned` are the lists of edits that were made
 * for this row and may grow in place: to copy one for each edit would take the square of their number.
 */
function appender(isEmpty, join) {
  return (list, component, owned = new Set()) => {
    if (isEmpty(component)) return;
    while (list.length > 0) {
      const joined = join(list.at(-1), component, owned);
      if (joined.length > 1) break;
      list.pop();
      if (joined.length === 0) return;
      [component] = joined;
    }
    list.push(component);
  };
}

export const appendEdit = appender(
  ({ i, d }) => i === "" || d === "",
  (last, edit) => {
    const list = [last];
    text0._append(list, edit);
    return list;
  },
);

export const append = appender(
  ({ si, sd, o }) => si === "" || sd === "" || o?.length === 0,
  (last, component, owned) => {
    if (isText(component)) return joinedText(last, component, owned);
    if (!mayJoin(last, component)) return [last, component];
    // ot-json0 changes the last component in place, but no value in it.
    const list = [{ ...last }];
    json0.append(list, component);
    return list;
  },
);

function joinedText(last, component, owned) {
  if (!isText(last) || !joinsText(last, component)) return [last, component];
  if (last.t === undefined) {
    const edits = [asEdit(last)];
    appendEdit(edits, asEdit(component));
    return edits.length > 1 ? [last, component] : edits.map((edit) => ofEdit(edit, last.p.slice(0, -1)));
  }
  const o = owned.has(last.o) ? last.o : [...last.o];
  for (const edit of component.o) appendEdit(o, edit);
  owned.add(o);
  return [{ ...last, o }];
}

function mayJoin(last, component) {
  if (!json0.pathMatches(last.p, component.p)) return false;
  if (last.na !== undefined && component.na !== undefined) return exactSum(last.na, component.na) !== null;
  const replaces = last.oi !== undefined && component.od !== undefined;
  return !replaces || same(last.oi, component.od);
}

function joinsText(last, component) {
  if ((last.t === undefined) !== (component.t === undefined)) return false;
  return json0.pathMatches(last.p, component.p, last.t === undefined);
}

/** The sum, or null where a double does not hold it: rounded sums depend on the order of edits. */
export function exactSum(one, two) {
  const sum = one + two;
  const part = sum - one;
  // Knuth's error of a sum, in The Art of Computer Programming 2, 4.2.2.
  const error = one - (sum - part) + (two - part);
  return Number.isFinite(sum) && error === 0 ? sum : null;
}

/** A component whose embedded text operation, if it has one, is in normal form. */
export function withEditsJoined(component) {
  if (component.t === undefined) return component;
  const o = [];
  for (const edit of component.o) appendEdit(o, edit);
  return { ...component, o };
}

export function compose(first, second) {
  const components = [...first];
  const owned = new Set();
  for (const component of second) append(components, component, owned);
  return components;
}

/** A row of components in normal form. */
export const joined = (components) => compose([], components);

/** Makes `apply`, `compose` and `transform` of ot-json0 use the same rows for embedded text. */
const strings = {
  ...text0,
  compose(first, second) {
    const edits = [...first];
    for (const edit of second) appendEdit(edits, edit);
    return edits;
  },
};
bootstrapTransform(
  strings,
  (list, edit, other, side) => {
    for (const moved of text0._tc([], edit, other, side)) appendEdit(list, moved);
    return list;
  },
  () => {},
  appendEdit,
);
json0.registerSubtype(strings);
