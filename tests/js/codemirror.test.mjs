import assert from "node:assert/strict";
import { test } from "node:test";

import { operationOfChanges, remoteTransaction } from "../../static/js/editor/binding.js";
import { MAX_PARAGRAPH, markdown } from "../../static/js/editor/markdown_language.js";
import { getType, insert, remove } from "../../static/js/collab/index.js";
import { EditorState, history, redo, undo } from "../../static/vendor/codemirror.js";
import { seeded } from "./simulated/random.mjs";

const text = getType("text");

/** An editor without a window: what its commands dispatch is applied to `state`. */
class Editor {
  constructor(doc) {
    this.state = EditorState.create({ doc, extensions: [history({ newGroupDelay: 0 }), EditorState.lineSeparator.of("\n")] });
    this.dispatch = (transaction) => (this.state = transaction.state);
  }

  update(spec) {
    this.dispatch(this.state.update(spec));
  }

  get text() {
    return this.state.doc.toString();
  }
}

const typed = (from, words) => ({ changes: { from, insert: words }, userEvent: "input.type", selection: { anchor: from + words.length } });

test("undo takes back one's own text and leaves what others typed into it", () => {
  const editor = new Editor("");
  editor.update(typed(0, "mine"));
  editor.update(remoteTransaction(insert(2, "THEIRS")));
  assert.equal(editor.text, "miTHEIRSne");
  undo(editor);
  assert.equal(editor.text, "THEIRS");
  redo(editor);
  assert.deepEqual([...editor.text].sort().join(""), [..."miTHEIRSne"].sort().join(""));
});

test("undo steps over what others did last", () => {
  const editor = new Editor("base");
  editor.update(typed(4, " own"));
  editor.update(remoteTransaction(insert(0, "other ")));
  undo(editor);
  assert.equal(editor.text, "other base");
  assert.equal(undo(editor), false);
});

test("undo of a deletion puts the text back where it belongs now", () => {
  const editor = new Editor("keep this word");
  editor.update({ changes: { from: 5, to: 10 } });
  editor.update(remoteTransaction(insert(0, "please ")));
  undo(editor);
  assert.equal(editor.text, "please keep this word");
});

test("text that others removed does not come back by undo", () => {
  const editor = new Editor("");
  editor.update(typed(0, "abc"));
  editor.update(remoteTransaction(remove(0, 3)));
  undo(editor);
  assert.equal(editor.text, "");
});

test("the editor's changes and the document's operations say the same, line ends included", () => {
  const random = seeded(3);
  const pieces = ["a", "\n", "\r\n", "\r", "\u{1F600}", "word "];
  const any = (length) => Array.from({ length }, () => pieces[Math.floor(random() * pieces.length)]).join("");
  for (let round = 0; round < 500; round += 1) {
    const before = any(8);
    const editor = new Editor(before);
    assert.equal(editor.text, before);
    const places = Array.from({ length: 4 }, () => Math.floor(random() * (before.length + 1))).sort((one, other) => one - other);
    const changes = [
      { from: places[0], to: places[1], insert: any(2) },
      { from: places[2], to: places[3], insert: any(1) },
    ];
    const transaction = editor.state.update({ changes });
    const operation = operationOfChanges(transaction.changes);
    assert.equal(text.apply(before, operation), transaction.state.doc.toString());
    editor.update(remoteTransaction(operation));
    assert.equal(editor.text, transaction.state.doc.toString());
  }
});

test("in a very long paragraph nothing is parsed but that it is one", () => {
  const names = (doc) => {
    const found = new Set();
    markdown.language.parser.parse(doc).iterate({ enter: ({ name }) => void found.add(name) });
    return found;
  };
  const words = (length) => "some *words* and `code` ".repeat(length / 20);
  const long = names(`# A *head*\n\n${words(2 * MAX_PARAGRAPH)}\n\n- item`);
  assert.ok(["ATXHeading1", "Emphasis", "Paragraph", "ListItem"].every((name) => long.has(name)));
  assert.ok(!long.has("InlineCode"));
  assert.ok(names(words(MAX_PARAGRAPH / 2)).has("InlineCode"));
});
