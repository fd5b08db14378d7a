/**
 * What a user does to a document of each type, at random: `type` puts a word in, which nothing of what
 * `type` does takes away again; `erase` changes, moves and deletes, cutting emoji in half as it comes.
 */

import { getType, insert, remove } from "../../../static/js/collab/index.js";

/** @typedef {(number: number) => number} Below a random whole number below another one */

const text = {
  start: "start",
  type: (content, word, below) => insert(below(content.length + 1), word),
  erase: (content, below) => content.length > 1 && remove(below(content.length - 1), 1 + below(2)),
};

const lengthOf = ({ ops }) => ops.reduce((sum, { insert: inserted }) => sum + (inserted.length ?? 1), 0);
const formats = (below) => [undefined, { bold: true }, { bold: true, link: "x" }, { size: below(3) }, { constructor: "x" }][below(5)];

const richtext = {
  start: { ops: [{ insert: "start", attributes: { bold: true } }] },
  type(content, word, below) {
    const change = { insert: below(5) ? word : { image: word }, attributes: formats(below) };
    return { ops: [{ retain: below(lengthOf(content) + 1) }, change] };
  },
  erase(content, below) {
    const length = lengthOf(content);
    if (length < 3) return null;
    const attributes = [{ bold: null }, { link: "y" }, { size: below(3), bold: true }, { constructor: null, toString: 1 }][below(4)];
    const change = below(2) ? { delete: 1 + below(2) } : { retain: 1 + below(2), attributes };
    return { ops: [{ retain: below(length - 2) }, change] };
  },
};

const pick = (list, below) => list[below(list.length)];

const json = {
  start: { cards: [{ text: "start", votes: 0 }], title: "start", labels: {} },
  type({ cards, title }, word, below) {
    const at = below(title.length + 1);
    return pick([
      () => [{ p: ["cards", below(cards.length + 1)], li: { text: word, votes: 0 } }],
      () => [{ p: ["title", at], si: word }],
      () => [{ p: ["title"], t: "text0", o: [{ p: at, i: word }] }],
      () => [{ p: ["labels", word], oi: [word.length] }],
      () => [
        { p: ["cards", cards.length], li: { text: word, votes: 1 } },
        { p: ["cards", cards.length], lm: below(cards.length + 1) },
      ],
    ], below)();
  },
  erase({ cards, title, labels }, below) {
    const at = below(cards.length);
    const card = cards[at];
    const offset = below(title.length);
    const label = pick(Object.keys(labels), below);
    const changes = [
      card && [{ p: ["cards", at], ld: card }],
      card && [{ p: ["cards", at], lm: below(cards.length) }],
      card && exact([{ p: ["cards", at, "votes"], na: [-1, 0, 1, 0.1, 0.2, 0.7, -0.1][below(7)] }], { cards }),
      card && [{ p: ["cards", at, "text"], od: card.text, oi: `${card.text}!` }],
      card?.text && [{ p: ["cards", at, "text", 0], sd: card.text[0] }],
      title && [{ p: ["title", offset], sd: title[offset] }],
      title && [{ p: ["title"], t: "text0", o: [{ p: offset, d: title[offset] }, { p: offset, i: "\u{1F601}"[1] }] }],
      label && [{ p: ["labels", label], od: labels[label] }],
      [{ p: ["labels"], od: labels, oi: { ...labels, x: null } }],
    ];
    return pick(changes.filter(Boolean), below);
  },
};

/** The operation, if a double holds the sum here; beside another one it may not. */
function exact(operation, content) {
  try {
    getType("json").apply(content, operation);
    return operation;
  } catch {
    return null;
  }
}

export const authors = { text, richtext, json };
