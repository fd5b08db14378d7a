import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { cleanText } from "../../static/js/text.js";

const texts = JSON.parse(readFileSync(new URL("../texts.json", import.meta.url)));

test("what names hold is kept", () => {
  for (const text of texts.taken) assert.equal(cleanText(text, 100), text.trim());
});

test("what has no place on a line becomes a space", () => {
  for (const [text, cleaned] of texts.refused) assert.equal(cleanText(text, 100), cleaned);
});

test("a text that is too long ends before the letter that doesn't fit", () => {
  const family = "👩‍👩‍👧";
  assert.equal(cleanText(`abc${family}`, 7), "abc");
  assert.equal(cleanText(`abc${family}`, 8), `abc${family}`);
  assert.equal(cleanText("Zoe\u0308", 3), "Zo");
  assert.equal(cleanText("\u{1F600}".repeat(200), 100), "\u{1F600}".repeat(100));
  assert.equal(cleanText("abc   def", 4), "abc");
});

test("a letter with more marks than fit is cut", () => {
  const marked = `a${"\u0301".repeat(300)}`;
  assert.equal(cleanText(marked, 100), `a${"\u0301".repeat(99)}`);
});
