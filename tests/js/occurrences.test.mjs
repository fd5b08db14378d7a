import assert from "node:assert/strict";
import { test } from "node:test";

import { finderOf, MAX_MATCHES } from "../../static/js/page/occurrences.js";
import { textOfCount } from "../../static/js/page/match_count.js";

const found = (query, text) => finderOf(query)(text).map(({ from, to }) => text.slice(from, to));

test("case and the encoding of accents do not count", () => {
  assert.deepEqual(found("milk", "Milk, MILK and mil"), ["Milk", "MILK"]);
  assert.deepEqual(found("ΟΔΟΣ", "οδος"), ["οδος"]);
  assert.deepEqual(found("é", "e\u0301 é É"), ["e\u0301", "é", "É"]);
  assert.deepEqual(found("e\u0301", "é"), ["é"]);
  assert.deepEqual(found("a b", "a\u00a0b"), ["a\u00a0b"]);
});

test("what is looked for is no pattern", () => {
  for (const sign of ["\\", "^", "$", ".", "*", "+", "?", "(", ")", "[", "]", "{", "}", "|", "/", "-", "a-b", "\\d", "\n"]) {
    assert.deepEqual(found(sign, `x${sign}y`), [sign]);
  }
});

test("offsets are those of the text, none in another, and no emoji is cut", () => {
  assert.deepEqual(finderOf("aa")("xaaaa"), [{ from: 1, to: 3 }, { from: 3, to: 5 }]);
  assert.deepEqual(finderOf("b")("İ😀b"), [{ from: 3, to: 4 }]);
  assert.deepEqual(found("\ud83d", "😀"), []);
});

test("a count says when it is not of all", () => {
  assert.equal(textOfCount(2, 17), "3 of 17");
  assert.equal(textOfCount(-1, 1234), "1,234 matches");
  assert.equal(textOfCount(-1, 1), "1 match");
  assert.equal(textOfCount(-1, 0), "No matches");
  assert.equal(textOfCount(1999, MAX_MATCHES), "2,000 of more than 10,000");
  assert.equal(textOfCount(-1, 8, true), "more than 7 matches");
});

test("nothing is nowhere, and there is an end", () => {
  assert.deepEqual(found("", "text"), []);
  assert.equal(finderOf("a")("a".repeat(20_000)).length, MAX_MATCHES);
  assert.equal(finderOf("a")("aaa", 2).length, 2);
  assert.equal(finderOf("a")("aaa", 0).length, 0);
});
