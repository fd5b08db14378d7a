// Answers of quill-delta, to compare ours with. One process serves a whole run.
//
//   node tests/ot/oracle_delta.mjs FOLDER      the folder whose node_modules holds quill-delta
//
// Each line of standard input is a case as JSON, each line of standard output its answer.
//   in    {"content", "a", "b", "c", "raw", "cursors"}: a and b apply to content, c to what a makes
//         of it, raw is an operation in any shape, cursors are offsets in content
//   in    {"seed": n, "type": "text" or "richtext"}: the oracle makes up the case
//   out   the case, with the answers that tests/ot/make_vectors.py describes
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

import { random } from "./random.mjs";

const Delta = createRequire(`${resolve(process.argv[2])}/`)("quill-delta");

const ATOMS = ["a", "b", " ", "\n", "é", "漢", "\uffff", "😀", "𝒳", "👨‍👩‍👧", "\u200d"];

const KEYS = ["bold", "bold", "link", "é", ""];
const VALUES = [true, false, 1, 0, "", "x", "漢😀", 2.5, null, null];
const EMBEDS = [{ image: "a" }, { image: "b" }, { rule: true }, { rule: 1 }, { "": [{ x: [] }] }];

// Content is a string for text, {"ops": [inserts]} for richtext.
const deltaOf = (content) =>
  new Delta(typeof content === "string" ? (content ? [{ insert: content }] : []) : content.ops);
const contentLike = (content, delta) =>
  typeof content === "string" ? delta.ops.map((op) => op.insert).join("") : plain(delta);
const applied = (content, operation) => contentLike(content, deltaOf(content).compose(operation));
const plain = (delta) => ({ ops: delta.ops });

// quill-delta keeps an insert's null attributes, the type richtext leaves them out.
const withoutNull = (attributes) =>
  attributes && Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null));

function normal(raw) {
  const delta = new Delta();
  for (const op of raw.ops) {
    if (op.insert !== undefined) delta.insert(op.insert, withoutNull(op.attributes));
    else if (op.delete !== undefined) delta.delete(op.delete);
    else delta.retain(op.retain, op.attributes);
  }
  return delta.chop();
}

function answer({ content, a, b, c, raw, cursors }) {
  const [A, B, C] = [new Delta(a.ops), new Delta(b.ops), new Delta(c.ops)];
  const base = deltaOf(content);
  return {
    content, a, b, c, raw, cursors,
    normal: plain(normal(raw)),
    applied_a: applied(content, A),
    applied_b: applied(content, B),
    merged: applied(applied(content, A), A.transform(B, true)),
    compose: plain(A.compose(C)),
    transform_left: plain(B.transform(A, false)),
    transform_right: plain(B.transform(A, true)),
    invert_a: plain(A.invert(base)),
    cursors_own: cursors.map((offset) => A.transformPosition(offset, false)),
    cursors_other: cursors.map((offset) => A.transformPosition(offset, true)),
  };
}

function made(seed, type) {
  const below = random(seed);
  const of = (choices) => choices[below(choices.length)];
  const text = (most) => Array.from({ length: below(most + 1) }, () => of(ATOMS)).join("");
  const attributes = () => {
    if (type === "text" || below(2) === 0) return {};
    return { attributes: Object.fromEntries(Array.from({ length: below(3) }, () => [of(KEYS), of(VALUES)])) };
  };
  const inserted = () => (type === "richtext" && below(4) === 0 ? of(EMBEDS) : text(3));
  const characters = (content) =>
    typeof content === "string"
      ? Array.from(content)
      : content.ops.flatMap(({ insert }) => (typeof insert === "string" ? Array.from(insert) : [insert]));
  const lengthOf = (things) => things.reduce((sum, thing) => sum + (thing.length ?? 1), 0);
  const change = (content) => {
    const raw = { ops: [] };
    const left = characters(content);
    while (left.length > 0) {
      const length = lengthOf(left.splice(0, 1 + below(5)));
      const kind = below(5);
      if (kind === 0) raw.ops.push({ insert: inserted(), ...attributes() });
      raw.ops.push(kind < 3 ? { retain: length, ...attributes() } : { delete: length });
    }
    if (below(3) === 0) raw.ops.push({ insert: inserted(), ...attributes() });
    return raw;
  };
  const inserts = { ops: Array.from({ length: below(6) }, () => ({ insert: inserted(), ...attributes() })) };
  const content = type === "text" ? text(12) : plain(normal(inserts));
  const raw = change(content);
  const a = plain(normal(raw));
  const b = plain(normal(change(content)));
  const c = plain(normal(change(applied(content, new Delta(a.ops)))));
  const size = lengthOf(characters(content));
  return { content, a, b, c, raw, cursors: [0, below(size + 1), size] };
}

for await (const line of createInterface({ input: process.stdin })) {
  const given = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(answer("seed" in given ? made(given.seed, given.type) : given))}\n`);
}
