import assert from "node:assert/strict";
import { test } from "node:test";

import { getType } from "../../static/js/collab/index.js";
import { BLOCKS, shownBlock, withOneBlock } from "../../static/js/richtext/blocks.js";
import { linesOf, shownOf } from "../../static/js/richtext/shown.js";
import { seeded } from "./simulated/random.mjs";

const richtext = getType("richtext");
const content = (...ops) => richtext.normalize({ ops });
const none = Object.fromEntries(BLOCKS.map((name) => [name, null]));
const VALUES = { "code-block": [true], list: ["bullet", "checked"], header: [1, 2], blockquote: [true] };
const FORMATS = BLOCKS.flatMap((name) => VALUES[name].map((value) => ({ [name]: value })));

test("a line shows the strongest of the block formats that its newline has", () => {
  assert.equal(shownBlock({ blockquote: true, header: 1, list: "bullet", "code-block": true }), "code-block");
  assert.equal(shownBlock({ header: 1, list: "bullet" }), "list");
  assert.equal(shownBlock({ blockquote: true, header: 1, bold: true }), "header");
  assert.equal(shownBlock({ bold: true, header: null }), undefined);
  assert.equal(shownBlock(undefined), undefined);
});

test("an item of a list shows how deep it is, and no other line does", () => {
  const shown = (attributes) => shownOf(content({ insert: "\n", attributes })).ops[0].attributes;
  assert.deepEqual(shown({ list: "bullet", indent: 2 }), { list: "bullet", indent: 2 });
  for (const indent of [0, -1, 9, 1.5, "2", true, {}]) assert.deepEqual(shown({ list: "bullet", indent }), { list: "bullet" });
  assert.deepEqual(shown({ header: 1, indent: 2 }), { header: 1 });
  assert.equal(shown({ indent: 2 }), undefined);
});

test("an edit that sets a block format takes the others away by name", () => {
  const text = content({ insert: "ab\ncd\n", attributes: { header: 1 } });
  assert.deepEqual(withOneBlock([{ retain: 2 }, { retain: 1, attributes: { list: "bullet" } }], text), [
    { retain: 2 },
    { retain: 1, attributes: { ...none, list: "bullet" } },
  ]);
  // Only newlines have block formats.
  assert.deepEqual(withOneBlock([{ retain: 6, attributes: { header: 2, bold: true } }], text), [
    { retain: 2, attributes: { bold: true } },
    { retain: 1, attributes: { ...none, header: 2, bold: true } },
    { retain: 2, attributes: { bold: true } },
    { retain: 1, attributes: { ...none, header: 2, bold: true } },
  ]);
});

test("an edit that removes the shown format removes what it hid, and no other line's", () => {
  const text = content(
    { insert: "a" },
    { insert: "\n", attributes: { header: 1, blockquote: true } },
    { insert: "b" },
    { insert: "\n", attributes: { list: "bullet", header: 1 } },
  );
  assert.deepEqual(withOneBlock([{ retain: 4, attributes: { header: null } }], text), [
    { retain: 1 },
    { retain: 1, attributes: { header: null, blockquote: null } },
    { retain: 1 },
    { retain: 1, attributes: { header: null } },
  ]);
});

test("what has to do with no block format stays as it is", () => {
  const ops = [{ retain: 1, attributes: { bold: true } }, { insert: "x\n", attributes: { header: 1 } }, { delete: 1 }];
  assert.equal(withOneBlock(ops, content({ insert: "ab\n" })), ops);
});

test("of two block formats at the same moment, the one committed first holds as a whole", () => {
  for (const base of [{}, ...FORMATS]) {
    const text = content({ insert: "ab" }, { insert: "\n", attributes: base });
    const edits = [...FORMATS, none].map((attributes) =>
      richtext.normalize({ ops: withOneBlock([{ retain: 2 }, { retain: 1, attributes }], text) }),
    );
    for (const [first, second] of edits.flatMap((one) => edits.map((other) => [one, other]))) {
      const server = richtext.apply(richtext.apply(text, first), richtext.transform(second, first, "right"));
      const editor = richtext.apply(richtext.apply(text, second), richtext.transform(first, second, "left"));
      assert.deepEqual(server, editor);
      const held = Object.keys(server.ops.at(-1).attributes ?? {});
      assert.ok(held.length <= 1, JSON.stringify(server));
    }
  }
});

test("undo brings back the one format that was there", () => {
  for (const [base, attributes] of FORMATS.flatMap((one) => FORMATS.map((other) => [one, other]))) {
    const text = content({ insert: "a" }, { insert: "\n", attributes: base });
    const edit = { ops: withOneBlock([{ retain: 1 }, { retain: 1, attributes }], text) };
    assert.deepEqual(richtext.apply(richtext.apply(text, edit), richtext.invert(edit, text)), text);
  }
});

test("what is shown has one block format a line, and code no marks", () => {
  const bold = { bold: true, sparkle: 1 };
  const given = content(
    { insert: "a\r", attributes: bold },
    { insert: { image: "javascript:x" }, attributes: { ...bold, alt: "a" } },
    { insert: { formula: "x" }, attributes: { alt: "b" } },
    { insert: "\n", attributes: { header: 2, "code-block": "c++" } },
    { insert: "b\n\nc", attributes: { list: "bullet", blockquote: true, link: "javascript:x" } },
  );
  assert.deepEqual(shownOf(given).ops, [
    { insert: "a\u200b" },
    { insert: { image: "//:0" }, attributes: { alt: "a" } },
    { insert: { "unknown-embed": { formula: "x" } } },
    { insert: "\n", attributes: { "code-block": true } },
    { insert: "b", attributes: { link: "about:blank" } },
    { insert: "\n\n", attributes: { list: "bullet" } },
    { insert: "c", attributes: { link: "about:blank" } },
    { insert: "\n" },
  ]);
});

test("the lines that an operation touches are all that it changes of what is shown", () => {
  const random = seeded(13);
  const one = (list) => list[Math.floor(random() * list.length)];
  const attributes = () => one([undefined, { bold: true }, ...FORMATS, { ...one(FORMATS), ...one(FORMATS) }]);
  const insert = () => one(["a", "bc", "\n", "d\n", "\n\ne", { image: "x" }, { formula: "y" }]);
  for (let round = 0; round < 500; round += 1) {
    const before = content(...Array.from({ length: 8 }, () => ({ insert: insert(), attributes: attributes() })));
    let left = before.ops.reduce((sum, op) => sum + (op.insert.length ?? 1), 0);
    const ops = [];
    for (let count = 1 + Math.floor(random() * 5); count > 0; count -= 1) {
      const length = Math.min(left, Math.floor(random() * 4));
      const kind = one(["retain", "format", "delete", "insert"]);
      if (kind === "insert") ops.push({ insert: insert(), attributes: attributes() });
      else if (kind === "delete") ops.push({ delete: length });
      else ops.push({ retain: length, attributes: kind === "format" ? attributes() : undefined });
      if (kind !== "insert") left -= length;
    }
    const operation = richtext.normalize({ ops });
    const after = richtext.apply(before, operation);
    const all = shownOf(after);
    const ranges = linesOf(after, operation);
    ranges.forEach(({ from, to }, index) => {
      assert.ok(from < to && (index === 0 || ranges[index - 1].to < from), JSON.stringify(ranges));
      assert.deepEqual(shownOf(after, from, to).ops, all.slice(from, to).ops);
    });
    // What lies outside of them is shown as before.
    const kept = (shown, keep) => keep.map(([from, to]) => shown.slice(from, to).ops);
    const outside = [...ranges, { from: all.length() }].map(({ from }, index) => [ranges[index - 1]?.to ?? 0, from]);
    const back = richtext.invert(operation, before);
    const map = (offset) => richtext.transformCursor(offset, back, false);
    const earlier = outside.map(([from, to]) => [map(from), map(from) + to - from]);
    assert.deepEqual(kept(all, outside), kept(shownOf(before), earlier), JSON.stringify([before, operation, ranges]));
  }
});
