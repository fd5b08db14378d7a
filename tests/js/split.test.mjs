/** Operations that are too large for one edit are cut; `tests/ot/test_split.py` is the sibling. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { getType } from "../../static/js/collab/index.js";

const VECTORS = new URL("../ot/vectors/split.json", import.meta.url);
const CASES = JSON.parse(readFileSync(VECTORS, "utf8"));

function piecesOf(type, operation, bytes) {
  const pieces = [];
  for (let rest = operation; rest; ) {
    let piece;
    [piece, rest] = type.split(rest, bytes);
    pieces.push(piece);
    assert.ok(pieces.length < 10_000, "it is cut for ever");
  }
  return pieces;
}

test("the pieces are those of the vectors", () => {
  for (const { type, operation, bytes, pieces } of CASES) {
    assert.deepEqual(piecesOf(getType(type), operation, bytes), pieces);
  }
});

test("texts are cut to characters at least, however little a piece may have", () => {
  for (const bytes of [-1, 0, 1, 2]) {
    for (const [name, operation, empty] of [
      ["json", [{ p: ["s", 0], si: "\u{1F600}é\u0001" }, { p: ["s"], t: "text0", o: [{ p: 0, d: "\u{1F600}" }] }], { s: "" }],
      ["text", { ops: [{ insert: "\u{1F600}é\u0001" }] }, ""],
      ["richtext", { ops: [{ insert: "\u{1F600}é\u0001", attributes: { bold: true } }] }, { ops: [] }],
    ]) {
      const type = getType(name);
      const content = piecesOf(type, operation, bytes).reduce((before, piece) => type.apply(before, piece), empty);
      assert.deepEqual(content, type.apply(empty, operation));
    }
  }
});

test("the components of a piece are bounded in text", () => {
  const ops = Array.from({ length: 10_000 }, () => [{ insert: "x" }, { retain: 1 }]).flat();
  const pieces = piecesOf(getType("text"), { ops: [...ops, { delete: 1 }] }, 1e9);
  assert.ok(Math.max(...pieces.map((piece) => piece.ops.length)) <= 2000);
});

test("the components of a piece are bounded in JSON", () => {
  const o = Array.from({ length: 3000 }, (_, index) => ({ p: 2 * index, i: "x" }));
  const operation = [{ p: ["text"], t: "text0", o }, { p: ["number"], na: 1 }];
  const count = (piece) => piece.reduce((sum, component) => sum + (component.o?.length ?? 1), 0);
  assert.deepEqual(piecesOf(getType("json"), operation, 1e9).map(count), [...Array(7).fill(400), 201]);
});

test("a picture behind other content does not stand in its own way", () => {
  const operation = { ops: [{ retain: 5 }, { insert: { image: "x".repeat(1000) } }] };
  assert.deepEqual(piecesOf(getType("richtext"), operation, 100), [operation]);
});
