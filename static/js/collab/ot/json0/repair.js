/** An editor that compares strings unit by unit may cut an emoji in half; this heals it. */

import { isWellFormed, wellFormed } from "../surrogates.js";
import { healed } from "../values.js";
import { append, asText0, isText, withEditsJoined } from "./components.js";
import { json0 } from "../../../../vendor/ot-json0.js";
import { textChanges } from "./difference.js";
import { editText, Tree } from "./tree.js";

/**
 * The same change in normal form, sharing nothing with `operation`: no surrogate pair is split, and
 * U+FFFD takes the place of lone surrogates.
 * @throws {RangeError} it does not fit the content
 */
export function repair(content, operation) {
  const tree = new Tree(content);
  const repaired = repairOn(tree, operation);
  made.set(repaired, { before: content, after: tree.content });
  return repaired;
}

/**
 * A copy of the content, made as far as it is changed: what changes follow each other cost does not grow
 * with it. After a RangeError, and once its content was given out, it is not to be used any more.
 */
export function draft(content) {
  const tree = new Tree(content);
  return {
    get content() {
      return tree.content;
    },
    repair: (operation) => repairOn(tree, operation),
    apply: (operation) => operation.forEach((component) => tree.change(component)),
  };
}

function repairOn(tree, operation) {
  const repaired = [];
  const owned = new Set();
  for (let index = 0; index < operation.length; ) {
    const run = runFrom(operation, index);
    for (const component of isText(run[0]) ? sound(tree, run) : run.map(copied)) {
      tree.change(component);
      append(repaired, withEditsJoined(component), owned);
    }
    index += run.length;
  }
  return repaired;
}

/** What repaired operations make of the contents that they were repaired for. */
const made = new WeakMap();

/** What `operation` makes of `content`, if it was repaired for that and it is known so. */
export function knownAfter(content, operation) {
  const known = made.get(operation);
  return known && known.before === content ? known.after : undefined;
}

/** One component, or as many as edit one and the same string. */
function runFrom(operation, start) {
  if (!isText(operation[start])) return [operation[start]];
  const { p } = asText0(operation[start]);
  let end = start + 1;
  while (end < operation.length && isText(operation[end]) && json0.pathMatches(asText0(operation[end]).p, p)) end += 1;
  return operation.slice(start, end);
}

function sound(tree, run) {
  const { p } = asText0(run[0]);
  const before = tree.textAt(p);
  let after = before;
  let isSound = true;
  for (const edit of run.flatMap((component) => asText0(component).o)) {
    after = editText(after, [edit], true);
    isSound &&= isWellFormed(edit.i ?? edit.d) && isWellFormed(after);
  }
  return isSound ? run.map(copied) : textChanges([...p], before, wellFormed(after));
}

/** In one form, with no member that says nothing. */
function copied(component) {
  const entries = Object.entries(component).filter(([, value]) => value !== undefined);
  return healed(Object.fromEntries(entries));
}
