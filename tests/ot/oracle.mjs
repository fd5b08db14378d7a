// Answers of quill-delta, to compare ours with. One process serves a whole run.
//
//   node tests/ot/oracle.mjs FOLDER      the folder whose node_modules holds quill-delta
//
// Each line of standard input is a case as JSON, each line of standard output its answer.
//   in    {"content", "a", "b", "c", "raw", "cursors"}: a and b apply to content, c to what a makes
//         of it, raw is an operation in any shape, cursors are offsets in content
//   in    {"seed": n}: the oracle makes up the case
//   out   the case, with the answers that tests/ot/make_vectors.py describes
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

const Delta = createRequire(`${resolve(process.argv[2])}/`)("quill-delta");

const ATOMS = ["a", "b", " ", "\n", "é", "漢", "\uffff", "😀", "𝒳", "👨‍👩‍👧", "\u200d"];

const textOf = (delta) => delta.ops.map((op) => op.insert).join("");
const applied = (content, operation) =>
  textOf(new Delta(content ? [{ insert: content }] : []).compose(operation));
const plain = (delta) => ({ ops: delta.ops });

function normal(raw) {
  const delta = new Delta();
  for (const op of raw.ops) {
    if (op.insert !== undefined) delta.insert(op.insert);
    else if (op.delete !== undefined) delta.delete(op.delete);
    else delta.retain(op.retain);
  }
  return delta.chop();
}

function answer({ content, a, b, c, raw, cursors }) {
  const [A, B, C] = [new Delta(a.ops), new Delta(b.ops), new Delta(c.ops)];
  const base = new Delta(content ? [{ insert: content }] : []);
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

// mulberry32, a well-known small generator of numbers.
function random(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function made(seed) {
  const below = random(seed);
  const text = (most) =>
    Array.from({ length: below(most + 1) }, () => ATOMS[below(ATOMS.length)]).join("");
  const change = (content) => {
    const raw = { ops: [] };
    const left = Array.from(content);
    while (left.length > 0) {
      const length = left.splice(0, 1 + below(5)).join("").length;
      const kind = below(5);
      if (kind === 0) raw.ops.push({ insert: text(3) });
      raw.ops.push(kind < 3 ? { retain: length } : { delete: length });
    }
    if (below(3) === 0) raw.ops.push({ insert: text(3) });
    return raw;
  };
  const content = text(12);
  const raw = change(content);
  const a = plain(normal(raw));
  const b = plain(normal(change(content)));
  const c = plain(normal(change(applied(content, new Delta(a.ops)))));
  return { content, a, b, c, raw, cursors: [0, below(content.length + 1), content.length] };
}

for await (const line of createInterface({ input: process.stdin })) {
  const given = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(answer("seed" in given ? made(given.seed) : given))}\n`);
}
