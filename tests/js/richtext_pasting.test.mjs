import assert from "node:assert/strict";
import { test } from "node:test";

import { shownAttributes } from "../../static/js/richtext/attributes.js";
import { Dropped } from "../../static/js/richtext/pasting/dropped.js";
import { Lines } from "../../static/js/richtext/pasting/lines.js";
import { boxBefore } from "../../static/js/richtext/pasting/lists.js";
import { declarations, marksOf, preserves } from "../../static/js/richtext/pasting/styles.js";

const style = (text) => declarations(text);

test("a style attribute is read as a browser would", () => {
  const read = style("COLOR: Red !important; font-family:'A;B',serif;background:url(data:a;b) ;; x; width:1px;width:2px");
  assert.deepEqual(Object.fromEntries(read), {
    color: "red", "font-family": "'a;b',serif", background: "url(data:a;b)", width: "2px",
  });
  assert.equal(style("(".repeat(100_000)).size, 0);
});

test("styles turn marks on and off", () => {
  const cases = [
    ["font-weight: 700", { bold: true }],
    ["font-weight: var(--weight, 600)", { bold: true }],
    ["font-weight: bolder", { bold: true }],
    ["font-weight: 400", { bold: null }],
    ["font-weight: normal; font-style: oblique", { bold: null, italic: true }],
    ["font: italic bold 12px Arial", { bold: true, italic: true }],
    ["text-decoration: underline line-through", { underline: true, strike: true }],
    ["text-decoration-line: underline", { underline: true }],
    ["text-decoration: none", {}],
    ["vertical-align: super", { script: "super" }],
    ["vertical-align: baseline", {}],
    ["font-family: 'Courier New', monospace", { code: true }],
  ];
  for (const [text, marks] of cases) assert.deepEqual(marksOf(style(text)), marks, text);
  assert.deepEqual(["pre", "pre-wrap", "normal"].map((value) => preserves(style(`white-space: ${value}`))), [true, true, false]);
  assert.equal(preserves(style("")), undefined);
});

test("boxes before a text say what kind of item it is", () => {
  const kinds = (text, isItem) => boxBefore(text, isItem)?.kind ?? null;
  assert.deepEqual(["[ ] a", "[x] a", "[X]  a", "[y] a", "a [ ]"].map((text) => kinds(text, true)), ["unchecked", "checked", "checked", null, null]);
  assert.deepEqual(["[ ] a", "☐ a", "☑ a", "☒a", "✓ a"].map((text) => kinds(text, false)), [null, "unchecked", "checked", "checked", null]);
});

test("spaces collapse as they do in a browser", () => {
  const lines = new Lines();
  const context = { marks: {}, isKept: false };
  for (const text of ["\n  one ", " two\n\t", "\u00a0 three  "]) lines.write(text, context);
  lines.newline({});
  lines.write("\u00a0", context);
  lines.newline({});
  lines.write("  kept \n now ", { ...context, isKept: true });
  assert.deepEqual(lines.end(), [{ insert: "one two   three\n\n  kept \n now " }]);
});

test("the cells of a row are one line", () => {
  const lines = new Lines();
  const write = (text) => lines.write(text, { marks: {}, isKept: false });
  lines.row(() => {
    write(" a ");
    lines.newline({});
    write("b");
    lines.newline({});
    lines.tab();
    lines.tab();
    write("c");
  });
  lines.row(() => lines.tab());
  assert.deepEqual(lines.end(), [{ insert: "a b\t\tc\n" }]);
});

test("what was dropped is one line", () => {
  const dropped = new Dropped();
  assert.equal(String(dropped), "");
  for (const kind of ["picture", "table", "picture"]) dropped.add(kind);
  assert.equal(String(dropped), "Pasted without: 1 table's borders, 2 pictures.");
});

test("colours are those that can be read", () => {
  const shown = (value) => shownAttributes({ color: value }, true)?.color;
  for (const value of ["#ff0000", "#F00", "rebeccapurple"]) assert.equal(shown(value), value);
  for (const value of ["transparent", "#ff00000", "red;x", "url(x)", "rgb(1,2,3)", 7, true]) assert.equal(shown(value), undefined);
});
