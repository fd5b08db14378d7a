import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { getType } from "../../static/js/collab/index.js";
import { seeded } from "./simulated/random.mjs";

const richtext = getType("richtext");
const vectors = JSON.parse(readFileSync(new URL("../ot/vectors/richtext.json", import.meta.url)));
const doc = (...ops) => ({ ops });
const EMOJI = "\u{1F600}";
const bold = { bold: true };

test("every shared vector has the answer that Python gives", () => {
  for (const each of [...vectors.cases, ...vectors.names]) {
    const { content, a, b, c } = each;
    assert.deepEqual(richtext.apply(content, a), each.applied_a);
    assert.deepEqual(richtext.apply(content, b), each.applied_b);
    assert.deepEqual(richtext.apply(each.applied_a, richtext.transform(b, a, "right")), each.merged);
    assert.deepEqual(richtext.compose(a, c), each.compose);
    assert.deepEqual(richtext.transform(a, b, "left"), each.transform_left);
    assert.deepEqual(richtext.transform(a, b, "right"), each.transform_right);
    assert.deepEqual(richtext.invert(a, content), each.invert_a);
    assert.deepEqual(richtext.normalize(each.raw), each.normal);
    each.cursors.forEach((cursor, index) => {
      assert.equal(richtext.transformCursor(cursor, a, true), each.cursors_own[index]);
      assert.equal(richtext.transformCursor(cursor, a, false), each.cursors_other[index]);
    });
  }
});

test("what is fit to be sent stays as it is, and no function changes what it is given", () => {
  for (const each of [...vectors.cases, ...vectors.names]) {
    const before = JSON.stringify(each);
    assert.deepEqual(richtext.repair(each.content, each.a), each.a);
    richtext.difference(each.content, each.applied_a);
    richtext.split(each.a, 40);
    assert.equal(JSON.stringify(each), before);
  }
});

test("what is no operation is refused with a TypeError", () => {
  // Lone surrogates in texts are healed; sums are checked when applied.
  const isHealed = (operation) => /"insert":("|\{"image":")[^"]*\\ud[89a-f]/.test(JSON.stringify(operation));
  for (const operation of vectors.invalid) {
    if (isHealed(operation) || JSON.stringify(operation)?.includes("9007199254740991")) continue;
    assert.throws(() => richtext.check(operation), TypeError, JSON.stringify(operation));
  }
});

test("what does not fit the content is refused, or healed where it cuts an emoji in half", () => {
  for (const { content, operation } of vectors.misfits) {
    const reach = operation.ops.reduce((sum, { retain = 0, delete: removed = 0 }) => sum + retain + removed, 0);
    const length = content.ops.reduce((sum, { insert }) => sum + (insert.length ?? 1), 0);
    if (reach > length) assert.throws(() => richtext.apply(content, operation), RangeError);
    else assert.notDeepEqual(richtext.repair(content, operation), operation);
  }
});

test("a change that cuts an emoji in half is widened to the whole emoji", () => {
  const content = doc({ insert: EMOJI, attributes: bold });
  const halves = doc({ retain: 1 }, { insert: "\u{1F601}"[1], attributes: bold }, { delete: 1 });
  assert.deepEqual(richtext.repair(content, halves), doc({ insert: "\u{1F601}", attributes: bold }, { delete: 2 }));
  const formats = doc({ retain: 1 }, { retain: 1, attributes: { italic: true } });
  assert.deepEqual(richtext.repair(content, formats), doc({ retain: 2, attributes: { italic: true } }));
  const deletes = richtext.repair(content, doc({ delete: 1 }));
  assert.deepEqual(deletes, doc({ insert: "\ufffd", attributes: bold }, { delete: 2 }));
});

/** A random document, and another one made of it by replacing and formatting units, pairs or not. */
function randomPair(random) {
  const below = (number) => Math.floor(random() * number);
  const formats = () => [undefined, bold, { link: "x" }, { bold: true, size: 3 }, { constructor: 1, toString: "x" }][below(5)];
  const piece = () => ["a", EMOJI, "\u{1F601}", "é\n", { image: "x" }, { image: "y" }][below(6)];
  const content = richtext.normalize(doc(...Array.from({ length: below(6) }, () => ({ insert: piece(), attributes: formats() }))));
  const length = content.ops.reduce((sum, { insert }) => sum + (insert.length ?? 1), 0);
  const ops = [];
  for (let left = length; left > 0; ) {
    const size = 1 + below(left);
    const kind = below(4);
    if (kind === 0) ops.push({ delete: size });
    else ops.push({ retain: size, attributes: kind === 1 ? { bold: null, link: "z", toString: below(2) ? null : "z" } : undefined });
    if (kind === 3) ops.push({ insert: ["x", "\ud83d", "\ude01", EMOJI][below(4)], attributes: formats() });
    left -= size;
  }
  return { content, operation: doc(...ops) };
}

test("repaired operations cut no pair, and leave only well-formed text, in normal form", () => {
  const random = seeded(5);
  for (let round = 0; round < 3000; round += 1) {
    const { content, operation } = randomPair(random);
    const repaired = richtext.repair(content, operation);
    assert.deepEqual(richtext.repair(content, repaired), repaired);
    const after = richtext.apply(content, repaired);
    for (const { insert } of after.ops) assert.ok(typeof insert !== "string" || insert.isWellFormed());
    assert.deepEqual(after, richtext.normalize(after));
    assert.deepEqual(richtext.apply(after, richtext.invert(repaired, content)), content);
    assert.deepEqual(richtext.apply(content, richtext.difference(content, after)), after);
  }
});

test("a difference formats and replaces embeds where the text is the same", () => {
  const before = doc({ insert: "ab" }, { insert: { image: "x" } }, { insert: "c\n" });
  const after = doc({ insert: "ab", attributes: bold }, { insert: { image: "y" } }, { insert: "c\n" });
  const change = doc({ retain: 2, attributes: bold }, { insert: { image: "y" } }, { delete: 1 });
  assert.deepEqual(richtext.difference(before, after), change);
});

test("a big operation is split into parts that compose to it", () => {
  const content = doc({ insert: "0123456789" });
  const big = doc(
    { retain: 2, attributes: bold },
    { insert: `ä${EMOJI}\n`.repeat(3000), attributes: { link: "https://example.org/a/rather/long/address" } },
    { insert: { image: "x".repeat(300) } },
    { delete: 3 },
    { retain: 1, attributes: { bold: null } },
    { insert: "end" },
  );
  const parts = [];
  for (let [part, rest] = richtext.split(big, 1000); ; [part, rest] = richtext.split(rest, 1000)) {
    parts.push(part);
    if (!rest) break;
  }
  assert.ok(parts.length > 10);
  for (const part of parts) assert.ok(Buffer.byteLength(JSON.stringify(part)) < 1500);
  const end = parts.reduce((before, part) => richtext.apply(before, part), content);
  assert.deepEqual(end, richtext.apply(content, big));
});
