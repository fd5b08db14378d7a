import assert from "node:assert/strict";
import { test } from "node:test";

import { fromField, fromFieldText, shownText, toField } from "../../static/js/board/field.js";
import { getType } from "../../static/js/collab/index.js";
import { operationOfChanges, remote } from "../../static/js/editor/binding.js";
import { lineEnds } from "../../static/js/editor/line_ends.js";
import { splitsEnd, withWholeEnds } from "../../static/js/richtext/line_ends.js";
import { EditorState, history, undo } from "../../static/vendor/codemirror.js";
import { seeded } from "./simulated/random.mjs";

const richtext = getType("richtext");
const text = getType("text");
const content = (...ops) => richtext.normalize({ ops });

class Editor {
  constructor(doc) {
    this.state = EditorState.create({ doc, extensions: [EditorState.lineSeparator.of("\n"), lineEnds, history()] });
    this.dispatch = (transaction) => (this.state = transaction.state);
  }

  update(spec) {
    const transaction = this.state.update(spec);
    this.dispatch(transaction);
    return transaction;
  }

  get text() {
    return this.state.doc.toString();
  }
}

const halves = (given) => given.replaceAll("\r\n", "").replace(/[^\r\n]/g, "");

test("in the text editor nothing comes between the two ends of a line", () => {
  const cases = [
    [{ from: 2, insert: "E" }, "bE\r\nc", 2],
    [{ from: 1, insert: "E" }, "bE\r\nc", 1], // as the user's command has it
    [{ from: 1, to: 2 }, "bc", 1],
    [{ from: 1, to: 2, insert: "\n" }, "b\r\n\r\nc", 3], // as the key that opens a line has it
    [{ from: 2, to: 3 }, "bc", 1],
    [{ from: 0, to: 2 }, "\r\nc", 0],
    [{ from: 0, to: 2, insert: "E" }, "E\r\nc", 1],
    [{ from: 2, to: 4 }, "b", 1],
    [{ from: 4, insert: "\n" }, "b\r\nc\r\n", 6],
    [{ from: 2, insert: "\nd" }, "b\r\nd\r\nc", 4],
  ];
  for (const [change, expected, caret] of cases) {
    const editor = new Editor("b\r\nc");
    editor.update({ selection: { anchor: change.from, head: change.to ?? change.from } });
    const transaction = editor.update({ changes: change, selection: { anchor: change.from }, userEvent: "input" });
    assert.equal(editor.text, expected, JSON.stringify(change));
    assert.equal(text.apply("b\r\nc", operationOfChanges(transaction.changes)), expected);
    assert.equal(editor.state.selection.main.head, caret, JSON.stringify(change));
    undo(editor);
    assert.equal(editor.text, "b\r\nc");
  }
});

test("a caret between the two stands before them, also when others put them around it", () => {
  const editor = new Editor("b\r\nc");
  editor.update({ selection: { anchor: 2, head: 4 } });
  assert.deepEqual([editor.state.selection.main.anchor, editor.state.selection.main.head], [1, 4]);
  const other = new Editor("b\nc");
  other.update({ selection: { anchor: 1 } });
  other.update({ changes: { from: 1, insert: "\r" }, annotations: remote.of(true) });
  assert.equal(other.text, "b\r\nc");
  assert.equal(other.state.selection.main.head, 1);
});

test("what others change is taken as it is, and so is what a search replaces", () => {
  const editor = new Editor("b\r\nc");
  editor.update({ changes: { from: 2, insert: "X" }, annotations: remote.of(true) });
  assert.equal(editor.text, "b\rX\nc");
  const other = new Editor("b\r\nc");
  other.update({ changes: { from: 1, to: 2 }, userEvent: "input.replace.all" });
  assert.equal(other.text, "b\nc");
});

test("lone returns, and lines that end with a newline only, are edited as they are", () => {
  for (const doc of ["b\rc\nd\u2028e\u0085f\u0000g\fh", "\r", "a\r", "\n\r"]) {
    for (let from = 0; from <= doc.length; from += 1) {
      const editor = new Editor(doc);
      editor.update({ changes: { from, insert: "\n" }, userEvent: "input" });
      assert.equal(editor.text, `${doc.slice(0, from)}\n${doc.slice(from)}`);
    }
  }
});

test("random edits of the user leave no half of a line's end", () => {
  const random = seeded(7);
  const any = (list) => list[Math.floor(random() * list.length)];
  for (let round = 0; round < 1000; round += 1) {
    const editor = new Editor(Array.from({ length: 6 }, () => any(["a", "\r\n", "bc"])).join("") + "\r\n");
    const [from, to] = [random(), random()].map((part) => Math.floor(part * (editor.text.length + 1))).sort((one, other) => one - other);
    editor.update({ changes: { from, to, insert: any(["", "x", "\n"]) }, userEvent: "input" });
    assert.equal(halves(editor.text), "");
  }
});

test("a field of the board keeps the ends of lines that were not touched", () => {
  assert.equal(shownText("a\r\nb\rc\nd"), "a\nb\nc\nd");
  assert.equal(fromFieldText("a\r\nb\r\nc", "a\nb\ncX"), "a\r\nb\r\ncX");
  assert.equal(fromFieldText("a\r\nb\r\nc", "Xa\nb\nc"), "Xa\r\nb\r\nc");
  assert.equal(fromFieldText("a\r\nb", "aE\nb"), "aE\r\nb");
  assert.equal(fromFieldText("a\r\nb", "ab"), "ab");
  assert.equal(fromFieldText("a\rb", "a\nbX"), "a\rbX");
  assert.equal(fromFieldText("a\nb", "a\nbX"), "a\nbX");
  const doc = "a\r\nb\rc\n\r\n";
  const shown = shownText(doc);
  for (let offset = 0; offset <= shown.length; offset += 1) assert.equal(toField(doc, fromField(doc, offset)), offset);
  assert.deepEqual([0, 1, 2, 3, 4].map((offset) => toField("a\r\nb", offset)), [0, 1, 1, 2, 3]);
});

test("in rich text, an edit between the two ends of a line is made before them", () => {
  const line = content({ insert: "b\r" }, { insert: "\n", attributes: { header: 1 } }, { insert: "c\n" });
  assert.deepEqual([0, 1, 2, 3, 4, 5].map((offset) => splitsEnd(line, offset)), [false, false, true, false, false, false]);
  const bold = { bold: true };
  const cases = [
    [[{ retain: 2 }, { insert: "E" }], "bE\r\nc\n"],
    [[{ retain: 2, attributes: bold }, { insert: "E" }], "bE\r\nc\n"],
    [[{ retain: 2 }, { delete: 1 }], "bc\n"],
    [[{ retain: 2 }, { insert: "E" }, { delete: 1 }], "bEc\n"],
    [[{ retain: 1 }, { delete: 1 }], "bc\n"],
    [[{ retain: 1 }, { delete: 1 }, { retain: 3 }, { insert: "X" }], "bc\nX"],
    [[{ insert: "E" }, { delete: 2 }], "E\r\nc\n"],
    [[{ delete: 2 }, { insert: "E" }], "E\r\nc\n"],
    [[{ retain: 2 }, { retain: 1, attributes: { list: "bullet" } }], "b\r\nc\n"],
    [[{ delete: 3 }], "c\n"],
  ];
  for (const [ops, expected] of cases) {
    const operation = richtext.normalize({ ops: withWholeEnds(ops, line) });
    const plain = richtext.apply(line, operation).ops.map(({ insert }) => insert).join("");
    assert.equal(plain, expected, JSON.stringify(ops));
  }
});
