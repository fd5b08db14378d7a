/** What leads from one JSON value to another. */

import { affixes } from "../affixes.js";
import { same } from "../same.js";
import { append } from "./components.js";

/**
 * Members and items are compared one by one, from both ends of a list; strings are edited where they
 * differ, and other values replaced.
 */
export function difference(before, after) {
  const operation = [];
  for (const component of changes([], before, after)) append(operation, component);
  return operation;
}

function* changes(path, before, after) {
  const kind = kindOf(before);
  if (kind !== kindOf(after)) yield replacement(path, before, after);
  else if (kind === "object") yield* memberChanges(path, before, after);
  else if (kind === "list") yield* itemChanges(path, before, after);
  else if (kind === "string") yield* textChanges(path, before, after);
  else if (before !== after) yield replacement(path, before, after);
}

function kindOf(value) {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}

function replacement(path, before, after) {
  const inList = typeof path.at(-1) === "number";
  return inList ? { p: path, ld: before, li: after } : { p: path, od: before, oi: after };
}

function* memberChanges(path, before, after) {
  for (const [name, value] of Object.entries(before)) {
    if (!Object.hasOwn(after, name)) yield { p: [...path, name], od: value };
  }
  for (const [name, value] of Object.entries(after)) {
    const p = [...path, name];
    if (Object.hasOwn(before, name)) yield* changes(p, before[name], value);
    else yield { p, oi: value };
  }
}

function* itemChanges(path, before, after) {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && same(before[start], after[start])) start += 1;
  let end = 0;
  while (end < most - start && same(before.at(-1 - end), after.at(-1 - end))) end += 1;
  // Items between that both lists have places for are changed where they are.
  const first = most - end;
  for (let index = start; index < first; index += 1) yield* changes([...path, index], before[index], after[index]);
  for (let index = before.length - end - 1; index >= first; index -= 1) yield { p: [...path, index], ld: before[index] };
  for (let index = first; index < after.length - end; index += 1) yield { p: [...path, index], li: after[index] };
}

/** @param {(string | number)[]} path of the string */
export function* textChanges(path, before, after) {
  const { start, end } = affixes(before, after);
  const [sd, si] = [before.slice(start, before.length - end), after.slice(start, after.length - end)];
  if (sd !== "") yield { p: [...path, start], sd };
  if (si !== "") yield { p: [...path, start], si };
}
