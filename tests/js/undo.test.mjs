import assert from "node:assert/strict";
import { test } from "node:test";

import { UndoManager, insert, remove } from "../../static/js/collab/index.js";
import { authors } from "./simulated/authors.mjs";
import { opened, world } from "./simulated/world.mjs";

const bold = { bold: true };

/** An editor with a history, another one beside it, and what `content` is once all is saved. */
async function pair(options, undoOptions) {
  const here = world({ latency: 0, ...options });
  const [mine, other] = [await opened(here), await opened(here)];
  const history = new UndoManager(mine, { clock: here.clock, ...undoOptions });
  const saved = async () => {
    await here.clock.advance(1000);
    assert.deepEqual(mine.content, here.server.content);
    assert.deepEqual(other.content, here.server.content);
    return mine.content;
  };
  return { here, mine, other, history, saved };
}

test("undo takes back one's own edits and leaves what others wrote amid them", async () => {
  const { mine, other, history, saved } = await pair({ content: "start" });
  mine.edit(insert(5, " of mine"));
  await saved();
  other.edit(insert(8, " (theirs)"));
  other.edit(insert(0, "The "));
  await saved();
  history.undo();
  assert.equal(await saved(), "The start (theirs)");
  history.redo();
  assert.equal((await saved()).replace(" (theirs)", ""), "The start of mine");
  assert.equal(history.canRedo, false);
});

test("edits that follow one another soon are one step, others are steps of their own", async () => {
  const { here, mine, history, saved } = await pair();
  for (const letter of "one") mine.edit(insert(mine.content.length, letter));
  await here.clock.advance(600);
  for (const letter of " two") {
    mine.edit(insert(mine.content.length, letter));
    await here.clock.advance(400);
  }
  history.endGroup();
  mine.edit(insert(mine.content.length, "!"));
  assert.equal(await saved(), "one two!");
  const left = [];
  while (history.canUndo) {
    history.undo();
    left.push(mine.content);
  }
  assert.deepEqual(left, ["one two", "one", ""]);
  assert.equal(history.undo(), null);
  while (history.redo());
  assert.equal(await saved(), "one two!");
});

test("a new edit after undo leaves nothing to redo", async () => {
  const { mine, history } = await pair({}, { groupMilliseconds: 0 });
  mine.edit(insert(0, "a"));
  mine.edit(insert(1, "b"));
  history.undo();
  assert.equal(history.canRedo, true);
  mine.edit(insert(1, "c"));
  assert.deepEqual([history.canRedo, history.redo(), mine.content], [false, null, "ac"]);
});

test("undoing what somebody else has deleted is harmless", async () => {
  const { mine, other, history, saved } = await pair({ content: "keep" });
  mine.edit(insert(4, " mine"));
  await saved();
  assert.equal(history.canUndo, true);
  other.edit(remove(2, 7));
  await saved();
  assert.deepEqual([history.canUndo, history.undo()], [false, null]);
  assert.equal(await saved(), "ke");
});

test("no more steps are kept than asked for", async () => {
  const { mine, history } = await pair({}, { groupMilliseconds: 0, maximumDepth: 3 });
  for (const letter of "abcde") mine.edit(insert(mine.content.length, letter));
  while (history.undo());
  assert.equal(mine.content, "ab");
});

test("the formats of one's own are undone, others' formats on the same text stay", async () => {
  const content = { ops: [{ insert: "some text\n" }] };
  const { mine, other, history, saved } = await pair({ docType: "richtext", content });
  mine.edit({ ops: [{ retain: 4, attributes: bold }] });
  await saved();
  other.edit({ ops: [{ retain: 2 }, { retain: 4, attributes: { italic: true } }] });
  await saved();
  history.undo();
  const left = { ops: [{ insert: "so" }, { insert: "me t", attributes: { italic: true } }, { insert: "ext\n" }] };
  assert.deepEqual(await saved(), left);
});

test("on a board, undo brings a card back to where it was, and moves along with others' cards", async () => {
  const content = { cards: [{ text: "a" }, { text: "b" }] };
  const { mine, other, history, saved } = await pair({ docType: "json", content }, { groupMilliseconds: 0 });
  mine.edit([{ p: ["cards", 1], ld: { text: "b" } }]);
  mine.edit([{ p: ["cards", 0, "text", 1], si: "!" }]);
  await saved();
  other.edit([{ p: ["cards", 0], li: { text: "new" } }]);
  await saved();
  history.undo();
  history.undo();
  assert.deepEqual((await saved()).cards.map(({ text }) => text), ["new", "a", "b"]);
  history.redo();
  assert.deepEqual((await saved()).cards.map(({ text }) => text), ["new", "a"]);
});

test("undoing the change of a card that somebody else deleted or replaced is harmless", async () => {
  const content = { cards: [{ text: "a", done: false }], title: "x" };
  const { mine, other, history, saved } = await pair({ docType: "json", content }, { groupMilliseconds: 0 });
  mine.edit([{ p: ["title"], od: "x", oi: "mine" }]);
  mine.edit([{ p: ["cards", 0, "done"], od: false, oi: true }]);
  await saved();
  other.edit([{ p: ["cards", 0], ld: { text: "a", done: true } }]);
  other.edit([{ p: ["title"], od: "mine", oi: "theirs" }]);
  await saved();
  while (history.undo());
  assert.deepEqual(await saved(), { cards: [], title: "theirs" });
});

test("a step that does not fit any more is passed over", async () => {
  const { mine, history } = await pair({ docType: "json", content: { a: 1 } }, { groupMilliseconds: 0 });
  mine.edit([{ p: ["a"], na: 1 }]);
  mine.edit([{ p: ["b"], oi: 1 }]);
  const { type } = mine;
  // As if the type's transform had lost sight of what the last step stands on.
  Object.defineProperty(mine, "type", {
    value: { ...type, transform: (operation) => (operation[0].od === 1 ? [{ ...operation[0], od: 2 }] : operation) },
  });
  mine.emit("change", { operation: [{ p: ["c"], oi: 1 }], origin: "remote", before: mine.content });
  history.undo();
  assert.deepEqual(mine.content, { a: 1, b: 1 });
  assert.equal(history.canUndo, false);
});

test("a document made anew has nothing to undo", async () => {
  const { here, mine, history } = await pair({ content: "old" });
  mine.edit(insert(0, "x"));
  await here.clock.advance(100);
  here.server.start = "new";
  here.server.recreate("new");
  await here.clock.advance(5000);
  assert.deepEqual([mine.content, history.canUndo, history.undo()], ["new", false, null]);
});

test("whether there is something to undo or redo is told when it changes", async () => {
  const { mine, history } = await pair();
  const told = [];
  history.on("change", ({ canUndo, canRedo }) => told.push([canUndo, canRedo]));
  mine.edit(insert(0, "a"));
  mine.edit(insert(1, "b"));
  history.undo();
  history.redo();
  history.close();
  mine.edit(insert(0, "c"));
  assert.deepEqual(told, [[true, false], [false, true], [true, false], [false, false]]);
});

test("a viewer can't undo", async () => {
  const { here, mine, history } = await pair();
  mine.edit(insert(0, "a"));
  await here.clock.advance(100);
  here.server.role = "viewer";
  here.server.dropAll();
  await here.clock.advance(5000);
  assert.equal(mine.mayEdit, false);
  assert.equal(history.undo(), null);
  assert.equal(mine.content, "a");
  assert.equal(history.canUndo, true);
});

for (const [docType, author] of Object.entries(authors)) {
  test(`${docType}: undoing everything leaves exactly what others typed, redoing brings back one's own`, async () => {
    for (let seed = 1; seed <= 15; seed += 1) {
      const content = author.start;
      const { here, mine, other, history, saved } = await pair({ docType, seed, content }, { groupMilliseconds: 0 });
      here.server.latency = 40;
      const below = (number) => Math.floor(here.random() * number);
      const typed = { mine: [], theirs: [] };
      for (let index = 0; index < 60; index += 1) {
        const [editor, words] = below(2) ? [mine, typed.mine] : [other, typed.theirs];
        const word = String.fromCodePoint(0x4e00 + index);
        editor.edit(author.type(editor.content, word, below));
        words.push(word);
        await here.clock.advance(below(30));
        // Back and forth on the way, too.
        if (below(5) === 0 && history.undo()) history.redo();
      }
      while (history.undo()) await here.clock.advance(below(20));
      const found = (text, words) => words.filter((word) => text.split(word).length === 2).length;
      const left = JSON.stringify(await saved());
      assert.deepEqual([found(left, typed.mine), found(left, typed.theirs)], [0, typed.theirs.length], `seed ${seed}`);
      while (history.redo()) await here.clock.advance(below(20));
      const whole = JSON.stringify(await saved());
      assert.equal(found(whole, [...typed.mine, ...typed.theirs]), 60, `seed ${seed}`);
    }
  });
}

test("undo and redo at random leave everybody with the same, whatever others delete", async () => {
  for (const [docType, author] of Object.entries(authors)) {
    for (let seed = 1; seed <= 15; seed += 1) {
      const content = author.start;
      const { here, mine, other, history, saved } = await pair({ docType, seed, content });
      here.server.latency = 40;
      const below = (number) => Math.floor(here.random() * number);
      for (let index = 0; index < 80; index += 1) {
        const editor = below(2) ? mine : other;
        const word = String.fromCodePoint(0x20000 + index);
        const operation = below(2) ? author.type(editor.content, word, below) : author.erase(editor.content, below);
        if (operation) editor.edit(operation);
        if (below(3) === 0) history.undo();
        if (below(5) === 0) history.redo();
        await here.clock.advance(below(300));
      }
      await saved();
    }
  }
});
