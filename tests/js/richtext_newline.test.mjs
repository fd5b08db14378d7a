import assert from "node:assert/strict";
import { test } from "node:test";

import { getType } from "../../static/js/collab/index.js";
import { lacksNewline, lengthOf, newlineChange, withNewline } from "../../static/js/richtext/final_newline.js";

const richtext = getType("richtext");
const content = (...ops) => richtext.normalize({ ops });
const image = { insert: { image: "x" } };

/** What the editor shows: the content, and a newline if it has none. */
const shown = (given) => (lacksNewline(given) ? content(...given.ops, { insert: "\n" }) : given);

test("only a content that ends with a newline has one", () => {
  assert.deepEqual(
    [content(), content({ insert: "a" }), content({ insert: "a\n" }), content({ insert: "\n" }, image)].map(lacksNewline),
    [true, true, false, true],
  );
});

test("the first edit brings the shown newline into the document", () => {
  const edits = [
    [content(), [{ insert: "x" }]],
    [content({ insert: "ab" }), [{ retain: 1 }, { insert: "x" }]],
    [content({ insert: "ab" }), [{ retain: 2 }, { insert: "\n" }]],
    [content({ insert: "ab" }), [{ delete: 2 }]],
    [content({ insert: "ab" }), [{ retain: 2 }, { retain: 1, attributes: { header: 1 } }]],
    [content({ insert: "ab" }, image), [{ retain: 4, attributes: { list: "bullet" } }]],
  ];
  for (const [before, ops] of edits) {
    const after = richtext.apply(before, richtext.normalize(withNewline(ops, before)));
    assert.ok(!lacksNewline(after));
    assert.deepEqual(after, richtext.apply(shown(before), richtext.normalize({ ops })));
  }
});

test("an edit that takes the shown newline away leaves one", () => {
  const before = content({ insert: "ab" });
  assert.deepEqual(richtext.apply(before, richtext.normalize(withNewline([{ delete: 3 }], before))), content({ insert: "\n" }));
});

test("a change of others leaves the editor with just one newline at the end", () => {
  const changes = [
    [content(), [{ insert: "ab\n" }]],
    [content(), [{ insert: "ab" }]],
    [content({ insert: "ab\n" }), [{ retain: 2 }, { delete: 1 }]],
    [content({ insert: "ab\n" }), [{ retain: 3 }, image]],
    [content({ insert: "ab" }), [{ retain: 2 }, { insert: "\n" }]],
    [content({ insert: "ab\n" }), [{ delete: 3 }]],
  ];
  for (const [before, ops] of changes) {
    const operation = richtext.normalize({ ops });
    const after = richtext.apply(before, operation);
    const fix = { ops: newlineChange(!lacksNewline(before), after) };
    const editor = richtext.apply(shown(before), richtext.compose(operation, fix));
    assert.deepEqual(editor, shown(after));
    assert.equal(lengthOf(editor), lengthOf(after) + (lacksNewline(after) ? 1 : 0));
  }
});
