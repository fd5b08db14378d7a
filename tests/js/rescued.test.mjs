import assert from "node:assert/strict";
import { test } from "node:test";

import { insert } from "../../static/js/collab/index.js";
import { Rescued } from "../../static/js/collab/rescued.js";
import { FakeClock } from "./simulated/clock.mjs";
import { MemoryStorage } from "./simulated/storage.mjs";
import { opened, world } from "./simulated/world.mjs";

const keys = (storage) => Array.from({ length: storage.length }, (_, index) => storage.key(index));
const entry = (content, unsaved = 1) => ({ content, unsaved, reason: "another" });
const contents = (rescued) => rescued.all.map(({ content }) => content);

async function offline(here) {
  here.server.reachable = false;
  here.server.dropAll();
  await here.clock.advance(10);
}

/** What the server holds now is `content`, under another epoch. */
async function recreated(here, content) {
  here.server.start = content;
  here.server.recreate(content);
  here.server.reachable = true;
  await here.clock.advance(30_000);
}

/** A backup of `version`: the same document, as it was then. */
async function restored(here, version) {
  const { server } = here;
  server.history.length = server.head = version;
  server.content = server.history.reduce((content, { operation }) => server.type.apply(content, operation), server.start);
  for (const [clientId, client] of server.clients) {
    const own = server.history.filter((each) => each.clientId === clientId);
    client.lastId = Math.max(0, ...own.map(({ id }) => id));
    client.lastVersion = Math.min(client.lastVersion, version);
  }
  server.reachable = true;
  await here.clock.advance(30_000);
}

/** A history that begins as this one, and in which somebody has added words where it was lost. */
function goneOnFrom({ server }, version, words) {
  server.history.length = server.head = version;
  server.content = server.history.reduce((content, { operation }) => server.type.apply(content, operation), server.start);
  for (const word of words) {
    const operation = insert(server.content.length, word);
    server.content = server.type.apply(server.content, operation);
    server.history.push({ operation, clientId: "other", id: server.history.length, sent: "" });
    server.head = server.history.length;
  }
}

test("pages that set aside at the same time write nothing over each other", () => {
  const storage = new MemoryStorage();
  const clock = new FakeClock();
  const [one, other] = [new Rescued(storage, "s", { clock }), new Rescued(storage, "s", { clock })];
  one.add(entry("of one"));
  other.add(entry("of the other"));
  assert.deepEqual([one.first.content, other.first.content], ["of one", "of the other"]);
  one.drop(one.first.id);
  assert.deepEqual(contents(new Rescued(storage, "s", { clock })), ["of the other"]);
  other.drop(other.first.id);
  assert.deepEqual(keys(storage), []);
});

test("documents do not find each other's", () => {
  const storage = new MemoryStorage();
  new Rescued(storage, "s", { clock: new FakeClock() }).add(entry("x"));
  assert.equal(new Rescued(storage, "s2", { clock: new FakeClock() }).first, null);
});

test("the list of the format before becomes records of their own", () => {
  const storage = new MemoryStorage();
  const list = [{ content: "old", unsaved: 2, savedAt: 1 }, { content: "newer", unsaved: 1, savedAt: 2 }];
  storage.setItem("collab-rescued:s", JSON.stringify(list));
  const rescued = new Rescued(storage, "s", { clock: new FakeClock() });
  assert.deepEqual(contents(rescued), ["old", "newer"]);
  assert.equal(storage.getItem("collab-rescued:s"), null);
  rescued.drop(rescued.first.id);
  assert.deepEqual(contents(new Rescued(storage, "s", { clock: new FakeClock() })), ["newer"]);
});

test("without room for that the list is read where it is, and one is taken out of what it holds then", () => {
  const storage = new MemoryStorage();
  const list = ["a", "b", "c"].map((content, savedAt) => ({ content, unsaved: 1, savedAt }));
  storage.setItem("collab-rescued:s", JSON.stringify(list));
  storage.quota = JSON.stringify(list).length + 30;
  const [one, other] = [1, 2].map(() => new Rescued(storage, "s", { clock: new FakeClock() }));
  assert.deepEqual(keys(storage), ["collab-rescued:s"]);
  assert.deepEqual(one.all.map(({ kept }) => kept), [true, true, true]);
  one.drop(one.first.id);
  other.drop(other.all[2].id);
  assert.deepEqual(contents(new Rescued(storage, "s", { clock: new FakeClock() })), ["b"]);
});

test("what found no room is told, and written as soon as there is some", async () => {
  const clock = new FakeClock();
  const storage = new MemoryStorage(0);
  const rescued = new Rescued(storage, "s", { clock });
  let changes = 0;
  rescued.on("change", () => (changes += 1));
  rescued.add(entry("x"));
  assert.deepEqual([rescued.first.kept, rescued.unkept.length], [false, 1]);
  storage.quota = Infinity;
  await clock.advance(10_000);
  assert.deepEqual([rescued.first.kept, rescued.unkept.length, changes], [true, 0, 2]);
  assert.deepEqual(contents(new Rescued(storage, "s", { clock })), ["x"]);
});

test("what another tab has decided about, or a cleared storage, is noticed", () => {
  const storage = new MemoryStorage();
  const events = new EventTarget();
  const rescued = new Rescued(storage, "s", { clock: new FakeClock(), events });
  rescued.add(entry("one"));
  rescued.add(entry("two"));
  const tell = (fields) => events.dispatchEvent(Object.assign(new Event("storage"), fields));
  storage.removeItem(rescued.prefix + rescued.first.id);
  tell({ key: rescued.prefix + rescued.first.id, newValue: null, storageArea: storage });
  assert.deepEqual(contents(rescued), ["two"]);
  keys(storage).forEach((key) => storage.removeItem(key));
  storage.quota = 0;
  tell({ key: null, newValue: null, storageArea: storage });
  assert.deepEqual(rescued.all.map(({ content, kept }) => [content, kept]), [["two", false]]);
});

test("copies of what was acknowledged are limited; what the server never had is not dropped for that", () => {
  const storage = new MemoryStorage();
  for (let index = 0; index < 40; index += 1) {
    const rescued = new Rescued(storage, "s", { clock: { ...new FakeClock(), now: () => index } });
    rescued.add(entry(`copy ${index}`, 0));
    if (index % 10 === 0) rescued.add(entry(`mine ${index}`, 1));
  }
  const left = contents(new Rescued(storage, "s", { clock: new FakeClock() }));
  assert.equal(left.length, 20);
  assert.equal(left.filter((content) => content.startsWith("mine")).length, 4);
  assert.ok(left.includes("copy 39"));
});

test("with no room the status is failed until the user has decided", async () => {
  const here = world({ content: "old" });
  const storage = new MemoryStorage(0);
  const editor = await opened(here, { storage });
  await offline(here);
  editor.edit(insert(3, " and mine"));
  await recreated(here, "another");
  assert.deepEqual([editor.rescued.content, editor.rescued.kept], ["old and mine", false]);
  const { state, unsaved, localCopy } = editor.status;
  assert.deepEqual({ state, unsaved, localCopy }, { state: "failed", unsaved: 1, localCopy: false });
  editor.edit(insert(0, "!"));
  await here.clock.advance(100);
  assert.equal(here.server.content, "!another", "other edits go on");
  editor.reapplyRescued();
  await here.clock.advance(100);
  assert.deepEqual([here.server.content, editor.rescued, editor.status.state], ["old and mine", null, "saved"]);
});

test("the journal makes room for what is set aside", async () => {
  const here = world({ content: "x".repeat(1000) });
  const storage = new MemoryStorage(2100);
  const editor = await opened(here, { storage });
  await offline(here);
  editor.edit(insert(0, "mine "));
  await here.clock.advance(1000);
  assert.equal(editor.status.localCopy, true);
  await recreated(here, "another");
  assert.deepEqual([editor.rescued.kept, editor.status.state], [true, "saved"]);
});

test("what orphan recovery can't merge nor keep is the page's to show", async () => {
  const here = world({ content: "y".repeat(500) });
  const storage = new MemoryStorage();
  const closing = await opened(here, { storage });
  const staying = await opened(here, { storage });
  await offline(here);
  closing.edit(insert(0, "left behind "));
  closing.close();
  storage.setItem = () => {
    throw new Error("QuotaExceededError");
  };
  await recreated(here, "another");
  await here.clock.advance(60_000);
  assert.equal(staying.rescuedCount, 2, "and the text that the staying page held");
  staying.discardRescued();
  assert.ok(staying.rescued.content.startsWith("left behind "));
  assert.deepEqual([staying.rescued.kept, staying.status.state], [false, "failed"]);
  staying.discardRescued();
  assert.equal(staying.status.state, "saved");
});

test("acknowledged text that an older backup lacks is set aside", async () => {
  const here = world({ content: "base " });
  const editor = await opened(here);
  editor.edit(insert(5, "one "));
  await here.clock.advance(50);
  editor.edit(insert(9, "two"));
  await here.clock.advance(50);
  await offline(here);
  await restored(here, 1);
  assert.equal(editor.content, "base one ");
  assert.deepEqual([editor.rescued.content, editor.rescued.unsaved, editor.rescued.reason], ["base one two", 0, "older"]);
});

test("a backup that others have gone on from is told by what the server has forgotten", async () => {
  const here = world({ content: "base " });
  const editor = await opened(here);
  for (const word of ["one ", "two "]) {
    editor.edit(insert(editor.content.length, word));
    await here.clock.advance(50);
  }
  await offline(here);
  goneOnFrom(here, 1, ["others ", "went on "]);
  here.server.clients.get(editor.clientId).lastId = 1;
  here.server.reachable = true;
  await here.clock.advance(30_000);
  assert.equal(editor.content, "base one others went on ");
  assert.deepEqual([editor.rescued.content, editor.rescued.reason], ["base one two ", "older"]);
});

test("versions that were lost and given again are told from those that were seen", async () => {
  for (const storage of [null, new MemoryStorage()]) {
    const here = world({ content: "base " });
    const [writer, reader] = [await opened(here), await opened(here, { storage })];
    for (const word of ["one ", "two ", "three "]) {
      writer.edit(insert(writer.content.length, word));
      await here.clock.advance(50);
    }
    writer.close();
    await offline(here);
    goneOnFrom(here, 1, ["others ", "went ", "on "]);
    here.server.reachable = true;
    await here.clock.advance(30_000);
    assert.equal(reader.content, "base one others went on ");
    assert.deepEqual([reader.rescued.content, reader.rescued.reason], ["base one two three ", "older"]);
    reader.edit(insert(0, "and I "));
    await here.clock.advance(50);
    assert.equal(here.server.content, reader.content);
  }
});

test("what this device kept of versions that were given again is set aside by the next page", async () => {
  const here = world({ content: "base " });
  const storage = new MemoryStorage();
  const [writer, reader] = [await opened(here), await opened(here, { storage })];
  writer.edit(insert(5, "seen "));
  await here.clock.advance(50);
  await offline(here);
  reader.edit(insert(10, "typed"));
  reader.close();
  writer.close();
  goneOnFrom(here, 0, ["others "]);
  here.server.reachable = true;
  const page = await opened(here, { storage });
  await here.clock.advance(30_000);
  assert.equal(page.content, "base others ");
  assert.equal(here.server.content, page.content);
  assert.deepEqual([page.rescued.content, page.rescued.unsaved], ["base seen typed", 1]);
});

test("an editor whose server tells no checksums resumes without one", async () => {
  const here = world({ content: "base " });
  here.server.checksumAt = () => undefined;
  const editor = await opened(here);
  editor.edit(insert(5, "one "));
  await here.clock.advance(50);
  await offline(here);
  here.server.reachable = true;
  await here.clock.advance(30_000);
  const [socket] = here.server.connections.values();
  const { searchParams } = new URL(socket.url);
  assert.deepEqual([searchParams.get("version"), searchParams.has("checksum")], ["1", false]);
  assert.deepEqual([editor.content, editor.status.state], ["base one ", "saved"]);
});

test("a newer version of the same document is no loss, however it comes", async () => {
  const here = world({ content: "base " });
  const [editor, other] = [await opened(here, { storage: new MemoryStorage() }), await opened(here)];
  editor.edit(insert(5, "one "));
  await here.clock.advance(50);
  // Compacted: the server can't resume from the version that the editor held.
  const { join } = here.server;
  here.server.join = function (socket) {
    const url = new URL(socket.url);
    url.searchParams.delete("version");
    socket.url = url.href;
    join.call(this, socket);
  };
  await offline(here);
  here.server.reachable = true;
  await here.clock.advance(20_000);
  other.edit(insert(0, "two "));
  await here.clock.advance(50);
  here.server.dropAll();
  await here.clock.advance(20_000);
  assert.deepEqual([editor.content, editor.rescued], ["two base one ", null]);
});

test("nothing is set aside where nothing was there, or where the same comes again", async () => {
  for (const [before, after] of [["", "new"], ["same", "same"]]) {
    const here = world({ content: before });
    const editor = await opened(here, { storage: new MemoryStorage() });
    await offline(here);
    await recreated(here, after);
    assert.deepEqual([editor.content, editor.rescued], [after, null]);
  }
});
