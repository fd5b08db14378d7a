import assert from "node:assert/strict";
import { test } from "node:test";

import { SLICE_CHARACTERS, matchesBySlice } from "../../static/js/editor/matches.js";
import { EditorState, SearchQuery } from "../../static/vendor/codemirror.js";
import { seeded } from "./simulated/random.mjs";

const stateOf = (doc) => EditorState.create({ doc, extensions: EditorState.lineSeparator.of("\n") });

/** What the search itself finds, in one go. */
function matchesOf(state, query) {
  const cursor = query.getCursor(state);
  const matches = [];
  while (!cursor.next().done) matches.push([cursor.value.from, cursor.value.to]);
  return matches;
}

const sliced = (state, query, sliceCharacters) =>
  [...matchesBySlice(state, query, sliceCharacters)].flat().map(({ from, to }) => [from, to]);

test("slices of any length come to the matches of the whole text", () => {
  const queries = [
    ...["a", "aa", "aba", "ab a", "é", "ﬁ", "\\n", "a\\nb", "😀"].flatMap((search) => [{ search }, { search, caseSensitive: true }, { search, wholeWord: true }]),
    ...["a+", "a|b", "a.", "^a", "a$", "b*", "\\s", "a\\s+b", "a\\nb", "[^a]", "[^]*", "(?<=a)b", "\\bab\\b"].map((search) => ({ search, regexp: true })),
  ].map((spec) => new SearchQuery(spec));
  const parts = ["a", "A", "b", "ab", "aba", " ", "\n", "é", "e\u0301", "ﬁ", "😀", "\u{2f800}"];
  for (let seed = 1; seed <= 60; seed += 1) {
    const random = seeded(seed);
    const doc = Array.from({ length: 40 }, () => parts[Math.floor(random() * parts.length)]).join("");
    const state = stateOf(doc);
    for (const query of queries) {
      const expected = matchesOf(state, query);
      for (const length of [1, 2, 7, 1000]) {
        assert.deepEqual(sliced(state, query, length), expected, `seed ${seed}, ${query.search}, slices of ${length}`);
      }
    }
  }
});

test("a long text is searched in many slices, also where nothing is found", () => {
  const state = stateOf("words ".repeat(100_000));
  const slices = [...matchesBySlice(state, new SearchQuery({ search: "nowhere" }))];
  assert.deepEqual(slices.flat(), []);
  assert.ok(slices.length >= state.doc.length / SLICE_CHARACTERS);
});
