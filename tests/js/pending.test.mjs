/** Many edits while one is under way: what they cost, and what becomes of them. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { UndoManager, getType, insert, registerType, remove } from "../../static/js/collab/index.js";
import { Delta } from "../../static/vendor/quill-delta.js";
import { Pending } from "../../static/js/collab/pending.js";
import { MemoryStorage } from "./simulated/storage.mjs";
import { seeded } from "./simulated/random.mjs";
import { opened, world } from "./simulated/world.mjs";

/** Scattered edits: no two of them become one component. */
const SCATTERED = {
  text: { content: "x".repeat(20_000), edit: (index) => insert((index * 7919) % 19_997, "y") },
  richtext: {
    content: { ops: [{ insert: "x".repeat(20_000) }] },
    edit: (index) => ({ ops: [{ retain: (index * 7919) % 19_997 }, { insert: "y", attributes: { bold: true } }] }),
  },
  json: { content: { log: [] }, edit: (index) => [{ p: ["log", index], li: index }] },
};

/** The type under another name, which counts the components that it composes. */
function counted(docType) {
  const type = getType(docType);
  const size = (operation) => (operation.ops ?? operation).length;
  const work = { components: 0 };
  const compose = (first, second) => {
    work.components += size(first) + size(second);
    return type.compose(first, second);
  };
  registerType({ ...type, name: `counted ${docType}`, compose });
  return { docType: `counted ${docType}`, work };
}

for (const [docType, { content, edit }] of Object.entries(SCATTERED)) {
  test(`composing many scattered edits of ${docType} takes a time that their number allows`, async () => {
    const works = [];
    for (const number of [500, 2000]) {
      const { docType: name, work } = counted(docType);
      const here = world({ docType: name, content });
      const editor = await opened(here, { storage: new MemoryStorage() });
      const history = new UndoManager(editor, { clock: here.clock });
      here.server.commitDelay = 1000;
      for (let index = 0; index < number; index += 1) editor.edit(edit(index));
      assert.equal(editor.status.unsaved, number);
      if (number === 500) {
        history.undo();
        assert.deepEqual([editor.content, history.canUndo], [content, false]);
      }
      works.push(work.components);
      editor.close();
    }
    const [fewer, more] = works;
    assert.ok(more < 6 * fewer, `four times as many edits took ${more} components instead of ${fewer}`);
  });

  test(`many scattered edits of ${docType} made at once are stored in edits that the server takes`, async () => {
    const here = world({ docType, content });
    const editor = await opened(here, { storage: new MemoryStorage() });
    const other = await opened(here);
    const sizes = [];
    here.server.refuse = ({ operation }) => void sizes.push((operation.ops ?? operation).length);
    for (let index = 0; index < 2500; index += 1) editor.edit(edit(index));
    assert.equal(editor.status.unsaved, 2500);
    await here.clock.advance(5000);
    assert.deepEqual([editor.status.state, editor.status.unsaved], ["saved", 0]);
    assert.ok(Math.max(...sizes) <= (docType === "json" ? 500 : 10_000), `components: ${sizes}`);
    assert.deepEqual(here.server.content, editor.content);
    assert.deepEqual(other.content, editor.content);
  });
}

test("many edits made offline survive a reload, and changes of others amid them", async () => {
  const here = world({ content: "x".repeat(5000) });
  const storage = new MemoryStorage();
  const other = await opened(here);
  const before = await opened(here, { storage });
  here.server.reachable = false;
  here.server.connections.get(before.clientId).end();
  await here.clock.advance(10);
  for (let index = 0; index < 2000; index += 1) before.edit(insert((index * 7919) % 4999, "y"));
  before.close();
  for (let index = 0; index < 20; index += 1) other.edit(insert(index * 200, "z"));
  const after = await opened(here, { storage });
  assert.equal(after.status.unsaved, 2000);
  here.server.reachable = true;
  await here.clock.advance(30_000);
  assert.deepEqual([after.status.state, after.content], ["saved", here.server.content]);
  assert.equal(after.content.replace(/[^yz]/g, "").length, 2020);
});

test("a document that is full takes what is pending together with what makes room for it", async () => {
  const here = world({ content: "0123456789" });
  const editor = await opened(here);
  const type = getType("text");
  here.server.refuse = ({ operation }) => (type.apply(here.server.content, operation).length > 4000 ? "document_full" : null);
  for (let index = 0; index < 4500; index += 1) editor.edit(insert(index, "a"));
  await here.clock.advance(100);
  assert.equal(editor.status.error.code, "document_full");
  editor.edit(remove(0, 4000));
  await here.clock.advance(100);
  assert.deepEqual([editor.status.state, here.server.content], ["saved", editor.content]);
});

/** A list of words that a server does not want too many of at once, with no way to cut an operation. */
const words = {
  name: "words",
  empty: [],
  create: (content = []) => content,
  isEmpty: (operation) => operation.length === 0,
  check() {},
  apply: (content, operation) => [...content, ...operation],
  compose: (first, second) => [...first, ...second],
  transform: (operation) => operation,
  invert: () => [],
  difference: (before, after) => after.slice(before.length),
};
registerType(words);

test("operations of a type that can't be cut are not joined to more than one edit holds", async () => {
  const here = world({ docType: "words" });
  const editor = await opened(here);
  const sizes = [];
  here.server.refuse = (frame) => {
    sizes.push(JSON.stringify(frame).length);
    return sizes.at(-1) > 2 ** 20 ? "too_large" : null;
  };
  const word = "w".repeat(100_000);
  for (let index = 0; index < 30; index += 1) editor.edit([`${word}${index}`]);
  await here.clock.advance(5000);
  assert.deepEqual([editor.status.state, here.server.content.length], ["saved", 30]);
  assert.ok(Math.max(...sizes) < 250_000, `${sizes}`);
});

test("a rich text of very many components is edited as one of few is", () => {
  const type = getType("richtext");
  const random = seeded(7);
  const below = (number) => Math.floor(random() * number);
  const formats = () => [undefined, { bold: true }, { link: "x" }][below(3)];
  let content = type.normalize({ ops: Array.from({ length: 2000 }, (_, index) => ({ insert: below(9) ? "\u{1F600}ab" : { image: index }, attributes: formats() })) });
  for (let round = 0; round < 200; round += 1) {
    const length = content.ops.reduce((sum, { insert: text }) => sum + (text.length ?? 1), 0);
    const change = [{ insert: below(3) ? "new" : { image: "x" }, attributes: formats() }, { delete: 1 + below(below(20) ? 9 : 300) }, { retain: 1 + below(9), attributes: { bold: below(2) ? true : null } }];
    const given = type.normalize({ ops: [{ retain: below(length - 600) }, ...change.slice(below(3)), { retain: below(200) }, { insert: "end" }] });
    const operation = type.repair(content, given);
    const after = new Delta(content.ops).compose(new Delta(operation.ops));
    const [applied, inverse] = [type.apply(content, operation), type.invert(operation, content)];
    assert.deepEqual(applied, { ops: after.ops });
    assert.deepEqual(inverse, { ops: new Delta(operation.ops).invert(new Delta(content.ops)).ops });
    for (const { insert: text } of applied.ops) assert.ok(typeof text !== "string" || text.isWellFormed());
    content = round % 3 ? applied : type.apply(applied, inverse);
    assert.throws(() => type.apply(content, { ops: [{ retain: 1_000_000 }, { insert: "x" }] }), RangeError);
  }
});

test("what is pending is the composition of all changes, however they were joined", () => {
  for (let seed = 1; seed <= 8; seed += 1) {
    const random = seeded(seed);
    const below = (number) => Math.floor(random() * number);
    const type = getType("text");
    const pending = new Pending(type);
    const start = "0123456789";
    let content = start;
    for (let index = 0; index < 300; index += 1) {
      const operation = type.normalize(below(3) ? insert(below(content.length + 1), "ab") : remove(below(content.length - 1), 1));
      content = type.apply(content, operation);
      pending.add(operation);
      if (below(50) === 0) assert.equal(type.apply(start, pending.operation), content, `seed ${seed}`);
    }
    assert.equal(pending.count, 300);
    let after = start;
    while (pending.chunks.length > 0) after = type.apply(after, pending.take(below(400) + 50).operation);
    assert.equal(after, content, `seed ${seed}`);
  }
});
