/** What used to know text only: every type goes the same way through offline work, rescue and undo. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { UndoManager, getType, registerType, types } from "../../static/js/collab/index.js";
import { MemoryStorage } from "./simulated/storage.mjs";
import { opened, world } from "./simulated/world.mjs";

/** Numbers that are only ever added to a set: no two additions get in each other's way. */
const numbers = {
  name: "numbers",
  empty: [],
  create: (content = []) => content,
  isEmpty: (operation) => operation.length === 0,
  check(operation) {
    if (!Array.isArray(operation) || !operation.every(Number.isInteger)) throw new TypeError("expected whole numbers");
  },
  apply: (content, operation) => [...new Set([...content, ...operation])].sort((one, other) => one - other),
  compose: (first, second) => numbers.apply(first, second),
  transform: (operation, other) => operation.filter((number) => !other.includes(number)),
  invert: () => [],
  difference: (before, after) => after.filter((number) => !before.includes(number)),
};
registerType(numbers);

const CASES = {
  text: {
    content: "old",
    another: "another",
    edits: [{ ops: [{ insert: "my " }] }, { ops: [{ retain: 6 }, { insert: "!" }] }],
    edited: "my old!",
  },
  richtext: {
    content: { ops: [{ insert: "old\n" }] },
    another: { ops: [{ insert: "another\n", attributes: { bold: true } }] },
    edits: [{ ops: [{ retain: 3, attributes: { bold: true } }] }, { ops: [{ insert: { image: "x" } }] }],
    edited: { ops: [{ insert: { image: "x" } }, { insert: "old", attributes: { bold: true } }, { insert: "\n" }] },
  },
  json: {
    content: { cards: ["old"] },
    another: { other: 1 },
    edits: [[{ p: ["cards", 1], li: "mine" }], [{ p: ["cards", 1], lm: 0 }]],
    edited: { cards: ["mine", "old"] },
  },
  numbers: { content: [1], another: [5], edits: [[2], [3]], edited: [1, 2, 3] },
};

async function goOffline(here) {
  here.server.reachable = false;
  here.server.dropAll();
  await here.clock.advance(10);
}

for (const [docType, { content, another, edits, edited }] of Object.entries(CASES)) {
  const start = () => world({ docType, content });
  const edit = (editor) => edits.forEach((operation) => editor.edit(operation));

  test(`${docType}: what was done offline survives a reload and merges on reconnect`, async () => {
    const here = start();
    const storage = new MemoryStorage();
    const before = await opened(here, { storage });
    await goOffline(here);
    edit(before);
    await here.clock.advance(500);
    before.close();
    const after = await opened(here, { storage });
    assert.deepEqual([after.content, after.status.unsaved], [edited, 2]);
    here.server.reachable = true;
    await here.clock.advance(30_000);
    assert.deepEqual([here.server.content, after.status.state], [edited, "saved"]);
  });

  test(`${docType}: an edit whose fate is unknown when another connection takes over counts once`, async () => {
    for (const accepted of [true, false]) {
      const here = start();
      const editor = await opened(here);
      const before = editor.clientId;
      here.server.commitDelay = 50;
      edit(editor);
      if (accepted) await here.clock.advance(10);
      here.server.connections.get(before).end(4409);
      await here.clock.advance(5000);
      assert.notEqual(editor.clientId, before);
      assert.deepEqual([here.server.content, editor.content], [edited, edited]);
    }
  });

  test(`${docType}: a document made anew leaves the unsaved content to the user`, async () => {
    const here = start();
    const storage = new MemoryStorage();
    const editor = await opened(here, { storage });
    await goOffline(here);
    edit(editor);
    here.server.start = another;
    here.server.recreate(another);
    here.server.reachable = true;
    await here.clock.advance(30_000);
    assert.deepEqual(editor.content, another);
    assert.deepEqual([editor.rescued.content, editor.rescued.unsaved], [edited, 2]);
    const later = await opened(here, { storage });
    later.reapplyRescued();
    await here.clock.advance(50);
    assert.deepEqual(here.server.content, docType === "numbers" ? [1, 2, 3, 5] : edited);
    assert.equal(later.rescued, null);
  });

  test(`${docType}: a document made anew with the same content is no loss`, async () => {
    const here = start();
    const editor = await opened(here);
    await goOffline(here);
    edit(editor);
    here.server.start = structuredClone(edited);
    here.server.recreate(structuredClone(edited));
    here.server.reachable = true;
    await here.clock.advance(30_000);
    assert.deepEqual([editor.rescued, editor.content, editor.status.state], [null, edited, "saved"]);
  });

  test(`${docType}: giving up what is not saved goes back to the server's content`, async () => {
    const here = start();
    const editor = await opened(here);
    here.server.refuse = () => "forbidden";
    edit(editor);
    await here.clock.advance(20);
    const changes = [];
    editor.on("change", (change) => changes.push(change));
    editor.discard();
    assert.deepEqual([editor.content, editor.status.unsaved], [content, 0]);
    const [{ origin, before, operation }] = changes;
    assert.deepEqual([origin, before], ["reset", edited]);
    if (docType !== "numbers") assert.deepEqual(editor.type.apply(before, operation), content);
  });

  test(`${docType}: what is no operation is refused and changes nothing`, async () => {
    const here = start();
    const editor = await opened(here);
    assert.throws(() => editor.edit({ no: "operation" }), TypeError);
    assert.throws(() => editor.edit(null), TypeError);
    assert.deepEqual([editor.content, editor.status.unsaved], [content, 0]);
  });

  test(`${docType}: presence needs no cursor`, async () => {
    const here = start();
    const [one, two] = [await opened(here), await opened(here)];
    two.on("users", () => {});
    const seen = [];
    two.on("presence", ({ cursor, data }) => seen.push([cursor, data]));
    one.setData({ at: ["cards", 0] });
    edit(one);
    await here.clock.advance(500);
    assert.deepEqual(seen, [[null, { at: ["cards", 0] }]]);
  });
}

test("work done offline that is too big for one edit goes out in several, rich text and JSON too", async () => {
  const paragraphs = Array.from({ length: 6000 }, (_, index) => ({ insert: `paragraph ${index} `, attributes: { size: index } }));
  const cards = Array.from({ length: 2000 }, (_, index) => ({ p: [`card ${index}`], oi: { text: "x".repeat(200) } }));
  const big = { richtext: [{ ops: paragraphs }], json: cards.map((card) => [card]) };
  for (const [docType, operations] of Object.entries(big)) {
    const here = world({ docType });
    const editor = await opened(here);
    await goOffline(here);
    for (const operation of operations) editor.edit(operation);
    const sizes = [];
    here.server.refuse = (frame) => void sizes.push(Buffer.byteLength(JSON.stringify(frame)));
    here.server.reachable = true;
    await here.clock.advance(30_000);
    assert.ok(sizes.length > 2 && Math.max(...sizes) < 256 * 1024, `${docType}: ${sizes}`);
    assert.equal(editor.status.state, "saved");
    assert.deepEqual(here.server.content, editor.content);
  }
});

test("a type of one's own is known by its name, and what it may leave out has a default", async () => {
  assert.ok(types().includes("numbers"));
  const type = getType("numbers");
  assert.equal(type.equals([1, { a: 2 }], [1, { a: 2 }]), true);
  assert.deepEqual(type.repair([], [7]), [7]);
  assert.equal(type.transformCursor(3, [7], true), 3);
  assert.deepEqual(type.split([7], 10), [[7], null]);
});

test("a type whose functions use `this` may be registered", () => {
  class Named {
    name = "named";
    empty = null;
    create() { return this.name; }
    isEmpty() { return this.name !== ""; }
    check() {}
    apply(content) { return content + this.name; }
    compose() {}
    transform() {}
    invert() {}
    difference() {}
    normalize() { return this.name; }
  }
  registerType(new Named());
  const type = getType("named");
  assert.deepEqual([type.create(), type.apply("a "), type.repair("", 1)], ["named", "a named", "named"]);
});

test("a type that lacks something is refused, and says what", () => {
  assert.throws(() => registerType({ name: "half", create() {}, apply() {} }), /'half' lacks empty, isEmpty, check, compose/);
  assert.throws(() => getType("unheard of"), /known are text, richtext, json/);
});

test("what can't be inverted can't be undone, and is no harm", async () => {
  const here = world({ docType: "numbers", content: [] });
  const editor = await opened(here);
  const history = new UndoManager(editor, { clock: here.clock });
  editor.edit([4]);
  assert.deepEqual([history.canUndo, history.undo(), editor.content], [false, null, [4]]);
});
