import assert from "node:assert/strict";
import { test } from "node:test";

import { leaseLocks, webLocks } from "../../static/js/collab/client_id_lock.js";
import { insert, remove } from "../../static/js/collab/index.js";
import { unsentDocuments } from "../../static/js/collab/unsent.js";
import { FakeClock } from "./simulated/clock.mjs";
import { MemoryStorage } from "./simulated/storage.mjs";
import { opened, world } from "./simulated/world.mjs";

const keys = (storage) => Array.from({ length: storage.length }, (_, index) => storage.key(index));
const records = (storage) => keys(storage).filter((key) => !key.endsWith(":lease"));

/** Typed while the server is away, then the page is closed. */
async function leftOffline(here, storage) {
  const editor = await opened(here, { storage });
  here.server.reachable = false;
  here.server.dropAll();
  await here.clock.advance(10);
  editor.edit(insert(editor.content.length, " unsaved"));
  editor.edit(remove(0, 1));
  await here.clock.advance(500);
  return editor;
}

test("what was typed offline survives a reload, without a server even", async () => {
  const here = world({ content: "text" });
  const storage = new MemoryStorage();
  const before = await leftOffline(here, storage);
  before.close();
  const after = await opened(here, { storage });
  assert.equal(await after.ready, true);
  assert.deepEqual([after.content, after.clientId], ["ext unsaved", before.clientId]);
  assert.deepEqual([after.status.state, after.status.unsaved], ["offline", 2]);
  after.edit(insert(0, "T"));
  here.server.reachable = true;
  await here.clock.advance(30_000);
  assert.deepEqual([here.server.content, after.status.state], ["Text unsaved", "saved"]);
});

test("an edit that was accepted but not acknowledged before the reload is not applied again", async () => {
  const here = world();
  const storage = new MemoryStorage();
  here.server.commitDelay = 20;
  const before = await opened(here, { storage });
  before.edit(insert(0, "once"));
  await here.clock.advance(10);
  before.close();
  here.server.dropAll();
  const after = await opened(here, { storage });
  await here.clock.advance(1000);
  assert.deepEqual([here.server.content, after.content, after.status.state], ["once", "once", "saved"]);
  assert.equal(here.server.version, 1);
});

test("others' changes between the last write and the reload are caught up with", async () => {
  const here = world({ content: "base" });
  const storage = new MemoryStorage();
  const before = await leftOffline(here, storage);
  before.close();
  here.server.reachable = true;
  const other = await opened(here);
  for (let index = 0; index < 20; index += 1) {
    other.edit(insert(0, `${index} `));
    await here.clock.advance(10);
  }
  const after = await opened(here, { storage });
  await here.clock.advance(1000);
  assert.equal(after.content, other.content);
  assert.ok(other.content.endsWith("ase unsaved"));
});

test("a journal holds many remote changes without storing the content anew each time", async () => {
  const here = world({ content: "long ".repeat(10_000) });
  const storage = new MemoryStorage();
  let bytes = 0;
  const { setItem } = storage;
  storage.setItem = (key, value) => {
    bytes += value.length;
    setItem.call(storage, key, value);
  };
  const [editor, other] = [await opened(here, { storage }), await opened(here)];
  for (let index = 0; index < 50; index += 1) {
    editor.edit(insert(0, "x"));
    other.edit(insert(10, "y"));
    await here.clock.advance(300);
  }
  assert.ok(bytes < 3 * 50_000 + 50 * 2 * 12_000, `${bytes} characters were written`);
  here.server.reachable = false;
  here.server.dropAll();
  await here.clock.advance(10);
  editor.edit(insert(0, "!"));
  editor.close();
  const after = await opened(here, { storage });
  assert.equal(after.content, editor.content);
});

test("a page that ends with everything saved leaves nothing behind", async () => {
  const here = world();
  const storage = new MemoryStorage();
  const editor = await opened(here, { storage });
  editor.edit(insert(0, "x"));
  await here.clock.advance(1000);
  editor.keep();
  assert.deepEqual(records(storage), []);
  editor.close();
  assert.deepEqual(keys(storage), []);
});

test("two tabs never share a client_id, and what a closed one left is sent by the other", async () => {
  const here = world({ content: "." });
  const storage = new MemoryStorage();
  const closing = await leftOffline(here, storage);
  const staying = await opened(here, { storage });
  await here.clock.advance(10);
  assert.notEqual(staying.clientId, closing.clientId);
  closing.close();
  here.server.reachable = true;
  await here.clock.advance(60_000);
  assert.equal(here.server.content, " unsaved");
  assert.equal(staying.content, " unsaved");
  assert.equal(here.server.clients.get(closing.clientId).lastId, 1);
});

test("without room the tab goes on and says that it is the only copy", async () => {
  const here = world({ content: "x".repeat(1000) });
  const storage = new MemoryStorage(700);
  const editor = await leftOffline(here, storage);
  assert.equal(editor.status.localCopy, false);
  assert.deepEqual(records(storage), []);
  here.server.reachable = true;
  await here.clock.advance(30_000);
  assert.deepEqual([editor.status.state, here.server.content], ["saved", `${"x".repeat(999)} unsaved`]);
});

test("a storage that runs full later leaves no stale record to be sent twice", async () => {
  const here = world();
  const storage = new MemoryStorage();
  const editor = await opened(here, { storage });
  editor.edit(insert(0, "a"));
  await here.clock.advance(500);
  storage.quota = 0;
  editor.edit(insert(1, "b"));
  await here.clock.advance(500);
  assert.deepEqual(records(storage), []);
  assert.equal(here.server.content, "ab");
});

test("a content that there is room for once is kept on, also when it is stored anew", async () => {
  const here = world({ content: "x".repeat(100_000) });
  const storage = new MemoryStorage(170_000);
  const editor = await opened(here, { storage });
  for (let count = 0; count < 4; count += 1) {
    editor.edit(insert(0, "y".repeat(10_000)));
    await here.clock.advance(500);
    assert.equal(editor.status.localCopy, true);
  }
  assert.equal(records(storage).filter((key) => key.includes(":base:")).length, 1);
});

test("a storage without room is told at once, and so is room that is made", async () => {
  const here = world({ content: "text" });
  const storage = new MemoryStorage();
  const editor = await opened(here, { storage });
  const told = [];
  editor.on("status", ({ localCopy }) => told.at(-1) !== localCopy && told.push(localCopy));
  editor.edit(insert(0, "a"));
  await here.clock.advance(500);
  assert.deepEqual(told, [true]);
  storage.quota = 0;
  editor.edit(insert(0, "b"));
  await here.clock.advance(500);
  assert.deepEqual([told, editor.status.state], [[true, false], "saved"]);
  storage.quota = Infinity;
  await here.clock.advance(31_000);
  assert.deepEqual(told, [true, false, true]);
});

test("a content that there is no room for is told when the document opens", async () => {
  const here = world({ content: "x".repeat(1000) });
  const editor = await opened(here, { storage: new MemoryStorage(900) });
  const told = [];
  editor.on("status", ({ localCopy }) => told.push(localCopy));
  await here.clock.advance(500);
  assert.deepEqual(told, [false]);
});

test("what a device holds for a server is known by document and user", async () => {
  const here = world({ content: "text" });
  const storage = new MemoryStorage();
  const editor = await leftOffline(here, storage);
  const known = () => unsentDocuments(storage, "http://server/", "u");
  const editors = [{ clientId: editor.clientId, changes: 2, docType: "text" }];
  assert.deepEqual(known(), [{ docId: "d", docType: "text", editors, hasTitle: false, setAside: 0 }]);
  assert.deepEqual(unsentDocuments(storage, "http://server/", "another"), []);
  assert.deepEqual(unsentDocuments(storage, "http://server/below/", "u"), []);
  here.server.reachable = true;
  await here.clock.advance(30_000);
  assert.deepEqual(known(), []);
});

test("a record that can't be read is not in the way", async () => {
  const here = world({ content: "text" });
  const storage = new MemoryStorage();
  const editor = await leftOffline(here, storage);
  editor.close();
  for (const key of records(storage)) storage.setItem(key, "{");
  here.server.reachable = true;
  const after = await opened(here, { storage });
  await here.clock.advance(100);
  assert.deepEqual([after.content, after.status.state], ["text", "saved"]);
});

test("documents and users do not find each other's records", async () => {
  const here = world({ content: "text" });
  const storage = new MemoryStorage();
  const editor = await leftOffline(here, storage);
  editor.close();
  const another = await opened(here, { storage, docId: "another" });
  const somebody = await opened(here, { storage, userId: "somebody" });
  assert.deepEqual([another.isReady, somebody.isReady], [false, false]);
});

test("a lease is held by one, until it is given back or was not renewed for long", async () => {
  const clock = new FakeClock();
  const storage = new MemoryStorage();
  const [one, two] = [leaseLocks(storage, { clock, holder: "one" }), leaseLocks(storage, { clock, holder: "two" })];
  const release = await one.acquire("name");
  assert.equal(await two.acquire("name"), null);
  await clock.advance(600_000);
  assert.equal(await two.acquire("name"), null);
  release();
  assert.equal(typeof (await two.acquire("name")), "function");
  const crashed = JSON.stringify({ holder: "gone", until: clock.now() + 1000 });
  storage.setItem("other:lease", crashed);
  assert.equal(await one.acquire("other"), null);
  await clock.advance(1001);
  assert.equal(typeof (await one.acquire("other")), "function");
});

test("with Web Locks a client_id is locked until it is given back", async () => {
  const held = new Set();
  const locks = {
    async request(name, { ifAvailable }, callback) {
      assert.equal(ifAvailable, true);
      if (held.has(name)) return callback(null);
      held.add(name);
      await callback({ name });
      return held.delete(name);
    },
  };
  const clientIdLocks = webLocks(locks);
  const release = await clientIdLocks.acquire("name");
  assert.equal(await clientIdLocks.acquire("name"), null);
  release();
  await new Promise(setImmediate);
  assert.equal(typeof (await clientIdLocks.acquire("name")), "function");
});
