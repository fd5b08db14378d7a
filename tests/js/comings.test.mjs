import assert from "node:assert/strict";
import { test } from "node:test";

import { sentenceOf } from "../../static/js/page/comings.js";

const people = (...names) => new Map(names.map((name) => [name, name]));

test("who has come and who has left is one sentence each", () => {
  assert.equal(sentenceOf(people("Ada"), people("Ada")), "");
  assert.equal(sentenceOf(people(), people("Ada")), "Ada is here.");
  assert.equal(sentenceOf(people("Bob"), people("Ada", "Cleo")), "Ada and Cleo are here. Bob has left.");
  assert.equal(sentenceOf(people("A", "B", "C", "D", "E"), people()), "A, B, and 3 others have left.");
});
