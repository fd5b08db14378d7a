import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { changesOf, getType, operationOf } from "../../static/js/collab/index.js";
import { seeded } from "./simulated/random.mjs";

const text = getType("text");
const vectors = JSON.parse(readFileSync(new URL("../ot/vectors/text.json", import.meta.url)));

test("every shared vector has the answer that Python gives", () => {
  for (const each of vectors.cases) {
    const { content, a, b, c } = each;
    assert.equal(text.apply(content, a), each.applied_a);
    assert.equal(text.apply(content, b), each.applied_b);
    assert.equal(text.apply(each.applied_a, text.transform(b, a, "right")), each.merged);
    assert.deepEqual(text.compose(a, c), each.compose);
    assert.deepEqual(text.transform(a, b, "left"), each.transform_left);
    assert.deepEqual(text.transform(a, b, "right"), each.transform_right);
    assert.deepEqual(text.invert(a, content), each.invert_a);
    assert.deepEqual(text.normalize(each.raw), each.normal);
    each.cursors.forEach((cursor, index) => {
      assert.equal(text.transformCursor(cursor, a, true), each.cursors_own[index]);
      assert.equal(text.transformCursor(cursor, a, false), each.cursors_other[index]);
    });
  }
});

test("what is no operation is refused with a TypeError", () => {
  const healed = (component) =>
    [0, ""].includes(Object.values(component ?? {})[0]) || /\p{Surrogate}/u.test(component?.insert ?? "");
  for (const operation of vectors.invalid) {
    // Zero lengths, empty inserts and lone surrogates are healed; sums are checked when applied.
    if (operation?.extra || operation?.ops?.some?.(healed)) continue;
    if (JSON.stringify(operation)?.includes("9007199254740991")) continue;
    assert.throws(() => text.check(operation), TypeError, JSON.stringify(operation));
  }
});

test("a change that cuts an emoji in half is widened to the whole emoji", () => {
  // A widget that compares unit by unit sees only the second half change.
  const halves = { ops: [{ retain: 1 }, { insert: "\u{1F601}"[1] }, { delete: 1 }] };
  const whole = text.repair("\u{1F600}", halves);
  assert.deepEqual(whole, { ops: [{ insert: "\u{1F601}" }, { delete: 2 }] });
});

test("a lone surrogate becomes U+FFFD", () => {
  assert.deepEqual(text.repair("", { ops: [{ insert: "a\ud83d" }] }), { ops: [{ insert: "a\ufffd" }] });
  assert.deepEqual(text.repair("\u{1F600}", { ops: [{ delete: 1 }] }), { ops: [{ insert: "\ufffd" }, { delete: 2 }] });
});

test("an insert into the middle of an emoji leaves well-formed text", () => {
  const operation = text.repair("\u{1F600}", { ops: [{ retain: 1 }, { insert: "x" }] });
  assert.equal(text.apply("\u{1F600}", operation), "\ufffdx\ufffd");
});

test("repairing random unit-wise replacements keeps the text wherever it is well-formed", () => {
  const random = seeded(7);
  const pieces = ["a", "\u{1F600}", "\u{1F601}", "\u{20000}", "é"];
  const any = (length) => Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)]).join("");
  for (let round = 0; round < 2000; round += 1) {
    const [before, after] = [any(6), any(6)];
    let start = 0;
    while (start < Math.min(before.length, after.length) && before[start] === after[start]) start += 1;
    let end = 0;
    while (end < Math.min(before.length, after.length) - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
    const change = { from: start, to: before.length - end, insert: after.slice(start, after.length - end) };
    const operation = text.repair(before, operationOf([change]));
    assert.equal(text.apply(before, operation), after);
    for (const { from, to, insert } of changesOf(operation)) {
      assert.ok(insert.isWellFormed());
      assert.ok(before.slice(0, from).isWellFormed() && before.slice(0, to).isWellFormed());
    }
  }
});

test("a big operation is split into parts that compose to it", () => {
  const content = "0123456789";
  const big = { ops: [{ retain: 2 }, { insert: "ä\u{1F600}\n".repeat(5000) }, { delete: 3 }, { retain: 1 }, { insert: "end" }] };
  const parts = [];
  for (let [part, rest] = text.split(big, 1000); ; [part, rest] = text.split(rest, 1000)) {
    parts.push(part);
    if (!rest) break;
  }
  assert.ok(parts.length > 10);
  for (const part of parts) {
    assert.ok(Buffer.byteLength(JSON.stringify(part)) < 1200);
    assert.ok(part.ops.every(({ insert }) => insert === undefined || insert.isWellFormed()));
  }
  assert.equal(parts.reduce(text.apply, content), text.apply(content, big));
});

test("an operation of very many components is split as well", () => {
  const ops = Array.from({ length: 5000 }, () => [{ retain: 1 }, { delete: 1 }]).flat();
  const [first, rest] = text.split({ ops }, 1_000_000);
  assert.ok(first.ops.length <= 2000);
  const content = "ab".repeat(5000);
  assert.equal(text.apply(text.apply(content, first), rest), "a".repeat(5000));
});

test("a draft comes to what the operations come to one by one", () => {
  const pieces = ["a", "bc", "\u{1F600}", "x".repeat(700), "y".repeat(6000), "\n"];
  for (let seed = 1; seed <= 30; seed += 1) {
    const random = seeded(seed);
    const below = (count) => Math.floor(random() * count);
    let content = "start".repeat(below(4000));
    const draft = text.draft(content);
    for (let step = 0; step < 60; step += 1) {
      const ops = [];
      for (let left = content.length; left > 0 && ops.length < 8; ) {
        const [retain, remove] = [below(left + 1), below(step % 7 === 0 ? left : 40)];
        ops.push({ retain }, { insert: pieces[below(pieces.length)] }, { delete: Math.min(remove, left - retain) });
        left -= retain + Math.min(remove, left - retain);
      }
      const repaired = text.repair(content, { ops });
      content = text.apply(content, repaired);
      if (random() < 0.5) assert.deepEqual(draft.repair({ ops }), repaired);
      else draft.apply(repaired);
      if (random() < 0.3) assert.equal(draft.content, content);
    }
    assert.equal(draft.content, content);
    assert.throws(() => draft.apply({ ops: [{ insert: "z" }, { retain: content.length + 1 }] }), RangeError);
    assert.equal(draft.content, content);
  }
});
