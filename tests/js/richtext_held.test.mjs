import assert from "node:assert/strict";
import { test } from "node:test";

import { cut, hasReturn, lengthOfAll } from "../../static/js/collab/ot/delta/index.js";
import { Held } from "../../static/js/richtext/held.js";
import { Delta } from "../../static/vendor/quill-delta.js";
import { seeded } from "./simulated/random.mjs";

const LINE = `${"words ".repeat(12)}\n`;

test("a short change is shown as it is", () => {
  const held = new Held();
  held.add(new Delta().retain(3).insert("a"));
  held.add(new Delta().retain(4).insert("b").delete(1));
  assert.equal(held.progress, null);
  assert.deepEqual(held.take(10).ops, [{ retain: 3 }, { insert: "ab" }, { delete: 1 }]);
  assert.ok(held.isEmpty);
  assert.equal(held.progress, null);
});

test("the pieces of a long change come to the whole of it, and say how far it is", () => {
  const bold = { attributes: { bold: true } };
  for (const inserts of [
    [{ insert: LINE.repeat(3000) }],
    [{ insert: "\u{1F600}".repeat(100_000) }],
    Array.from({ length: 5000 }, (_, index) => ({ insert: `${index} ${LINE}`, ...(index % 2 && bold) })),
    [{ insert: LINE.repeat(900) }, { insert: { image: "x" } }, { insert: LINE.repeat(900), ...bold }],
  ]) {
    const change = new Delta([{ retain: 2 }, ...inserts, { delete: 3 }, { retain: 1 }, { delete: 1 }]);
    const before = new Delta().insert("0123456789");
    const held = new Held();
    held.add(change);
    let shown = before;
    let pieces = 0;
    for (let last = 0; !held.isEmpty; pieces += 1) {
      const piece = held.take(shown.length());
      const isWhole = piece.ops.every(({ insert }) => typeof insert !== "string" || insert.isWellFormed?.() !== false);
      assert.ok(isWhole, "half of an emoji is shown");
      shown = shown.compose(piece);
      if (held.isEmpty) break;
      assert.ok(held.progress > last && held.progress < 1);
      last = held.progress;
    }
    assert.ok(pieces > 1);
    assert.equal(held.progress, null);
    assert.deepEqual(shown.ops, before.compose(change).ops);
  }
});

test("pieces are the larger the longer the text is, so that there are few of them", () => {
  const pieces = (lines) => {
    const held = new Held();
    held.add(new Delta().insert(LINE.repeat(lines)));
    let [count, length] = [0, 1];
    for (; !held.isEmpty; count += 1) length += held.take(length).length();
    return count;
  };
  assert.ok(pieces(28_000) < 3 * pieces(2800), `${pieces(28_000)}, ${pieces(2800)}`);
});

test("what is typed meanwhile goes together with what is not shown yet", () => {
  const random = seeded(9);
  for (let round = 0; round < 300; round += 1) {
    const start = new Delta().insert("abcdefgh\n");
    const held = new Held();
    let [editor, content] = [start, start];
    for (let step = 0; step < 6; step += 1) {
      const base = random() < 0.5 ? content : editor;
      const change = new Delta().retain(Math.floor(random() * base.length()));
      if (random() < 0.7) change.insert("XYZ"[step % 3]);
      else if (change.length() < base.length() - 1) change.delete(1);
      if (base === content && base !== editor) {
        held.add(change);
        content = content.compose(change);
      } else {
        editor = editor.compose(change);
        content = content.compose(held.meet(change));
      }
    }
    while (!held.isEmpty) editor = editor.compose(held.take(editor.length()));
    assert.deepEqual(editor.ops, content.ops);
  }
});

test("a range of a content is cut out without going through all of it", () => {
  const random = seeded(4);
  const ops = Array.from({ length: 1000 }, (_, index) =>
    index % 10 === 9 ? { insert: { image: "x" } } : { insert: "text".slice(index % 3), attributes: { n: index % 2 } },
  );
  const whole = new Delta(ops);
  assert.equal(lengthOfAll(ops), whole.length());
  for (let round = 0; round < 300; round += 1) {
    const from = Math.floor(random() * whole.length());
    const to = from + Math.floor(random() * 40);
    assert.deepEqual(cut(ops, from, to), whole.slice(from, to).ops);
  }
  assert.equal(hasReturn(ops), false);
  assert.equal(hasReturn([...ops, { insert: "a\r" }]), true);
});
