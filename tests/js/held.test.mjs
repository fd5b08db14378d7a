import assert from "node:assert/strict";
import { test } from "node:test";

import { MAX_HELD_BYTES, Held } from "../../static/js/editor/held.js";
import { getType, insert, remove } from "../../static/js/collab/index.js";
import { seeded } from "./simulated/random.mjs";

const text = getType("text");

const lineAt = (doc, offset) => {
  const end = doc.indexOf("\n", offset);
  return { from: doc.slice(0, offset).lastIndexOf("\n") + 1, to: end < 0 ? doc.length : end };
};

/** A document and what is shown of it. */
class Both {
  constructor(doc) {
    this.held = new Held(text);
    this.shown = this.content = doc;
  }

  take(operation, lines) {
    this.content = text.apply(this.content, operation);
    this.shown = text.apply(this.shown, this.held.take(operation, lines));
  }

  type(operation) {
    this.content = text.apply(this.content, this.held.typed(operation));
    this.shown = text.apply(this.shown, operation);
  }

  release() {
    this.shown = text.apply(this.shown, this.held.release());
  }
}

test("what touches the line waits, other lines go on", () => {
  const both = new Both("one\ntwo\nthree");
  const line = lineAt(both.shown, 5);
  both.take(insert(4, "A"), line);
  both.take(insert(0, "B"), line);
  both.take(insert(both.content.length, "C"), lineAt(both.shown, 6));
  assert.equal(both.shown, "Bone\ntwo\nthreeC");
  assert.equal(both.content, "Bone\nAtwo\nthreeC");
  both.release();
  assert.equal(both.shown, both.content);
  assert.equal(both.held.isEmpty, true);
});

test("an operation is held only where it touches the line", () => {
  const both = new Both("one\ntwo\nthree");
  both.take({ ops: [{ insert: "A" }, { retain: 5 }, { delete: 1 }, { retain: 4 }, { insert: "B" }] }, { from: 4, to: 7 });
  assert.equal(both.shown, "Aone\ntwo\nthBree");
  assert.equal(both.content, "Aone\nto\nthBree");
});

test("what is typed meanwhile goes where it belongs in the document", () => {
  const both = new Both("two");
  both.take(insert(0, "others "), { from: 0, to: 3 });
  both.type(insert(3, "!"));
  assert.equal(both.shown, "two!");
  assert.equal(both.content, "others two!");
});

test("a place has a place on the other side", () => {
  const both = new Both("one two three");
  both.take(insert(4, "A "), { from: 0, to: 13 });
  both.take(remove(6, 4), { from: 0, to: 13 });
  assert.equal(both.content, "one A three");
  for (const offset of [0, 3, 4]) assert.equal(both.held.toContent(offset), offset);
  assert.equal(both.held.toContent(9), 7);
  assert.equal(both.held.toShown(7), 9);
  assert.equal(both.held.toShown(5), 4);
  assert.equal(both.held.toShown(2), 2);
});

test("what is held has a bound", () => {
  const both = new Both("one");
  both.take(insert(0, "A".repeat(MAX_HELD_BYTES / 2)), { from: 0, to: 3 });
  assert.equal(both.shown, "one");
  both.take(insert(0, "B".repeat(MAX_HELD_BYTES / 2)), { from: 0, to: 3 });
  assert.equal(both.shown, both.content);
  assert.equal(both.held.isEmpty, true);
});

test("whatever comes, what is shown and what is held make the document", () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = seeded(seed);
    const below = (limit) => Math.floor(random() * limit);
    const changeOf = (doc) => {
      const ops = [{ retain: below(doc.length + 1) }];
      if (below(3) > 0) ops.push({ insert: ["x", "y\n", "\nz", "long "][below(4)] });
      ops.push({ delete: Math.min(below(9), doc.length - ops[0].retain) });
      return text.normalize({ ops });
    };
    const both = new Both("one\ntwo words\nthree\nfour and more\nfive");
    let caret = below(both.shown.length);
    for (let step = 0; step < 30; step += 1) {
      const line = lineAt(both.shown, caret);
      const words = both.shown.slice(line.from, line.to);
      if (below(2)) {
        const first = changeOf(both.content);
        both.take(text.compose(first, changeOf(text.apply(both.content, first))), line);
        assert.ok(both.shown.split("\n").includes(words), `seed ${seed}: the line is as it was`);
      } else both.type(changeOf(both.shown));
      if (below(9) === 0) both.release();
      const shown = text.apply(both.shown, both.held.operation);
      assert.equal(shown, both.content, `seed ${seed}`);
      caret = both.shown.indexOf(words) < 0 ? below(both.shown.length) : both.shown.indexOf(words);
    }
  }
});
