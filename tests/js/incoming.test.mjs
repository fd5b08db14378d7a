import assert from "node:assert/strict";
import { test } from "node:test";

import { Incoming } from "../../static/js/editor/incoming.js";
import * as operations from "../../static/js/collab/index.js";
import { seeded } from "./simulated/random.mjs";

const text = operations.getType("text");
const insert = (offset, words) => text.normalize(operations.insert(offset, words));
const remove = (offset, length) => text.normalize(operations.remove(offset, length));

/** A document and what is shown of it. */
class Both {
  constructor(doc) {
    this.incoming = new Incoming(text);
    this.shown = this.content = doc;
  }

  receive(operation) {
    this.content = text.apply(this.content, operation);
    this.incoming.add(operation);
  }

  type(operation) {
    this.content = text.apply(this.content, this.incoming.typed(operation));
    this.shown = text.apply(this.shown, operation);
  }

  show(lines = null) {
    this.shown = text.apply(this.shown, this.incoming.take(lines));
  }
}

test("what has come since the last frame is shown as one operation", () => {
  const both = new Both("one two");
  both.receive(insert(0, "A "));
  both.receive(insert(9, "!"));
  both.receive(remove(2, 4));
  assert.deepEqual(both.incoming.take(null), { ops: [{ insert: "A " }, { delete: 4 }, { retain: 3 }, { insert: "!" }] });
  assert.ok(both.incoming.isEmpty);
});

test("a key is of the text as it is shown, and comes before what others put at the caret", () => {
  const both = new Both("ab");
  both.type(insert(2, "c"));
  both.receive(insert(3, "X"));
  both.receive(insert(0, "Y"));
  assert.equal(both.incoming.toContent(3), 4);
  both.type(insert(3, "d"));
  assert.equal(both.content, "YabcdX");
  both.show();
  assert.equal(both.shown, both.content);
});

test("what is held stays where the rest is shown", () => {
  const both = new Both("one\ntwo");
  both.receive(insert(1, "X"));
  both.receive(insert(5, "Y"));
  both.show({ from: 0, to: 3 });
  assert.equal(both.shown, "one\nYtwo");
  assert.ok(both.incoming.holdsBeside({ from: 4, to: 8 }));
  both.receive(insert(2, "Z"));
  both.shown = text.apply(both.shown, both.incoming.releaseHeld());
  assert.equal(both.shown, "oXne\nYtwo");
  both.show();
  assert.equal(both.shown, both.content);
});

test("whatever comes and is typed in whatever order, what is shown comes to the content", () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = seeded(seed);
    const below = (count) => Math.floor(random() * count);
    const change = (doc) => {
      const at = below(doc.length + 1);
      return random() < 0.6 ? insert(at, ["a", "bc", "\n"][below(3)]) : remove(at, Math.min(below(4), doc.length - at));
    };
    const both = new Both("one\ntwo\nthree\nfour");
    for (let step = 0; step < 40; step += 1) {
      const kind = random();
      const at = below(both.shown.length + 1);
      if (kind < 0.5) both.receive(change(both.content));
      else if (kind < 0.75) both.type(change(both.shown));
      else if (kind < 0.9) both.show(random() < 0.5 ? null : { from: at, to: Math.min(both.shown.length, at + 3) });
      else both.shown = text.apply(both.shown, both.incoming.releaseHeld());
      const end = both.incoming.toContent(both.shown.length);
      assert.ok(end <= both.content.length);
    }
    both.shown = text.apply(both.shown, both.incoming.release());
    assert.equal(both.shown, both.content, `seed ${seed}`);
  }
});
