/**
 * A board as a JSON document: an object of items by id,
 *
 *     {"k3v9": {"text": "Buy milk", "done": false, "count": 2, "at": "a0"}}
 *
 * Whatever two people do at once goes together: new items have ids of their own, so that nobody's
 * first item replaces another's; texts are edited in place; counters are added to; and `at`, the place
 * in the order, is a key between those of two neighbours (D. Greenspan, "Implementing Fractional
 * Indexing"). Who moves one item at once with another puts it where the later one wants.
 *
 * Members that are no items stay as they are.
 */

import { generateKeyBetween, generateNKeysBetween } from "../../vendor/fractional-indexing.js";
import { affixes } from "../collab/ot/affixes.js";

/** @typedef {{id: string, text: string, done: boolean, count: number, at: string}} Item */

const ID_LENGTH = 10;

/** Whether a member of the document is an item. */
export const isItem = (value) =>
  value !== null && typeof value === "object" && typeof value.text === "string" && typeof value.at === "string";

/** @returns {Item} */
export const itemOf = (id, { text, done, count: number, at }) => ({ id, text, done: done === true, count: Number(number) || 0, at });

/** @returns {Item[]} in their order */
export function itemsOf(content) {
  if (content === null || typeof content !== "object" || Array.isArray(content)) return [];
  return Object.entries(content)
    .filter(([, value]) => isItem(value))
    .map(([id, value]) => itemOf(id, value))
    .sort((one, other) => compare(one.at, other.at) || compare(one.id, other.id));
}

/** Whether a component of an operation may change which items there are, or their order. */
export const isStructural = ({ p, t }) => p.length < 2 || p[1] === "at" || (p[1] === "text" && p.length === 2 && t === undefined);

const compare = (one, other) => (one < other ? -1 : Number(one > other));

/** Whether there is something in the document that the board doesn't show as items. */
export const hasOthers = (content) =>
  !canHold(content) || Object.values(content).some((value) => !isItem(value));

/** Whether items can be put into it: the members of anything but an object have no ids. */
export const canHold = (content) => content !== null && typeof content === "object" && !Array.isArray(content);

export const newId = (random = crypto) =>
  Array.from(random.getRandomValues(new Uint8Array(ID_LENGTH)), (byte) => (byte % 36).toString(36)).join("");

// -- operations: each on the content as it is --------------------------------------------------

export function add(content, id, text) {
  const item = { text, done: false, count: 0 };
  return placed(content, itemsOf(content), null, (at) => ({ p: [id], oi: { ...item, at } }));
}

export const remove = (content, id) => [{ p: [id], od: content[id] }];

export const count = (content, id, change) =>
  typeof content[id].count === "number"
    ? [{ p: [id, "count"], na: change }]
    : [{ p: [id, "count"], ...old(content[id], "count"), oi: change }];

export const tick = (content, id, done) => [{ p: [id, "done"], ...old(content[id], "done"), oi: done }];

export function write(content, id, text) {
  const before = content[id].text;
  const { start, end } = affixes(before, text);
  const removed = before.slice(start, before.length - end);
  const inserted = text.slice(start, text.length - end);
  const p = [id, "text", start];
  return [...(removed ? [{ p, sd: removed }] : []), ...(inserted ? [{ p, si: inserted }] : [])];
}

/** Put an item before another, or at the end: `before` is null. Nothing if that one is gone. */
export function move(content, id, before) {
  const others = itemsOf(content).filter((item) => item.id !== id);
  if (before !== null && !others.some((item) => item.id === before)) return [];
  return placed(content, others, before, (at) => ({ p: [id, "at"], od: content[id].at, oi: at }));
}

/**
 * @param {Item[]} others among which there is to be a new place
 * @param {(at: string) => object} component what takes the place
 */
function placed(content, others, before, component) {
  const index = before === null ? others.length : others.findIndex((item) => item.id === before);
  const [one, other] = [others[index - 1]?.at ?? null, others[index]?.at ?? null];
  if (one === null || other === null || one < other) {
    try {
      return [component(generateKeyBetween(one, other))];
    } catch {
      // A key that another program has made.
    }
  }
  // Two that were put into one place at once have one key, and there is nothing between: all get new ones.
  const keys = generateNKeysBetween(null, null, others.length + 1);
  const [at] = keys.splice(index, 1);
  return [...others.map(({ id }, place) => ({ p: [id, "at"], od: content[id].at, oi: keys[place] })), component(at)];
}

const old = (item, key) => (Object.hasOwn(item, key) ? { od: item[key] } : {});

/** Where a caret at `offset` in an item's text stands after an operation of somebody else. */
export function caretAfter(offset, operation, id) {
  for (const { p, si, sd, t, o } of operation) {
    if (p[0] !== id || p[1] !== "text") continue;
    const edits = t === "text0" ? o : [{ p: p[2], i: si, d: sd }];
    for (const edit of edits) {
      if (edit.i !== undefined && edit.p < offset) offset += edit.i.length;
      if (edit.d !== undefined && edit.p < offset) offset -= Math.min(edit.d.length, offset - edit.p);
    }
  }
  return offset;
}

/** The board as text that can be copied out. */
export const plain = (content) =>
  itemsOf(content)
    .map(({ text, done, count: number }) => `- [${done ? "x" : " "}] ${text}${number ? ` (${number})` : ""}`)
    .join("\n");
