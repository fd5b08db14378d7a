import assert from "node:assert/strict";
import { test } from "node:test";

import { insert, remove } from "../../static/js/collab/index.js";
import { MemoryStorage } from "./simulated/storage.mjs";
import { opened, world } from "./simulated/world.mjs";

/** Every edit frame that reaches the server. */
function watched(here) {
  const frames = [];
  const { refuse } = here.server;
  here.server.refuse = (frame, socket) => {
    frames.push({ ...frame, clientId: socket.clientId });
    return refuse(frame, socket);
  };
  return frames;
}

test("one edit is on its way at a time, the next is everything typed meanwhile", async () => {
  const here = world();
  const editor = await opened(here);
  const frames = watched(here);
  for (const letter of "hello") editor.edit(insert(editor.content.length, letter));
  assert.equal(editor.status.unsaved, 5);
  await here.clock.advance(100);
  assert.deepEqual(frames.map(({ id, operation }) => [id, operation.ops.at(-1).insert]), [[1, "h"], [2, "ello"]]);
  assert.deepEqual([editor.status.state, here.server.content], ["saved", "hello"]);
});

test("what is typed at the same place comes behind what was committed first", async () => {
  const here = world({ latency: 0 });
  const [one, two] = [await opened(here), await opened(here)];
  one.edit(insert(0, "first"));
  two.edit(insert(0, "second"));
  await here.clock.advance(100);
  assert.equal(one.content, "firstsecond");
  assert.equal(two.content, "firstsecond");
});

test("an edit whose ack was lost is sent again as it was, at once on the next open, and applied once", async () => {
  const here = world();
  here.server.commitDelay = 20;
  const editor = await opened(here);
  const frames = watched(here);
  editor.edit(insert(0, "once"));
  await here.clock.advance(10);
  here.server.dropAll();
  await here.clock.advance(1000);
  assert.equal(here.server.content, "once");
  assert.equal(frames.length, 2);
  assert.deepEqual(frames[0], frames[1]);
  assert.equal(editor.status.state, "saved");
});

test("typing goes on offline, and everything merges on reconnect", async () => {
  const here = world({ content: "middle" });
  const [away, other] = [await opened(here), await opened(here)];
  here.server.reachable = false;
  here.server.connections.get(away.clientId).end();
  await here.clock.advance(10);
  away.edit(insert(0, "start "));
  away.edit(insert(12, " end"));
  other.edit(remove(0, 3));
  assert.deepEqual([away.status.state, away.status.unsaved], ["offline", 2]);
  here.server.reachable = true;
  await here.clock.advance(30_000);
  assert.equal(away.content, "start dle end");
  assert.equal(other.content, away.content);
});

test("an edit that the storage could not take is sent again, and the state says so meanwhile", async () => {
  const here = world();
  const editor = await opened(here);
  let failures = 2;
  here.server.refuse = () => (failures-- > 0 ? "storage_unavailable" : null);
  editor.edit(insert(0, "x"));
  await here.clock.advance(3);
  assert.deepEqual([editor.status.state, editor.status.error.code], ["failed", "storage_unavailable"]);
  await here.clock.advance(10_000);
  assert.deepEqual([editor.status.state, here.server.content], ["saved", "x"]);
});

test("a refused edit stays here, its id is used by the next one", async () => {
  const here = world({ content: "full" });
  const editor = await opened(here);
  const limit = 6;
  here.server.refuse = ({ operation }) => {
    const added = operation.ops.reduce((sum, { insert: text = "", delete: gone = 0 }) => sum + text.length - gone, 0);
    return here.server.content.length + added > limit ? "document_full" : null;
  };
  const frames = watched(here);
  editor.edit(insert(4, " and more"));
  await here.clock.advance(20);
  assert.deepEqual([editor.status.state, editor.status.unsaved, editor.content], ["failed", 1, "full and more"]);
  editor.edit(remove(4, 8));
  await here.clock.advance(20);
  assert.deepEqual([editor.status.state, here.server.content], ["saved", "fulle"]);
  assert.deepEqual(frames.map(({ id }) => id), [1, 1]);
});

test("an invalid operation is not sent again and again, but on the user's word", async () => {
  const here = world();
  const editor = await opened(here);
  here.server.refuse = () => "invalid_operation";
  const frames = watched(here);
  editor.edit(insert(0, "a"));
  await here.clock.advance(20);
  editor.edit(insert(1, "b"));
  await here.clock.advance(60_000);
  assert.equal(frames.length, 1);
  assert.equal(editor.content, "ab");
  here.server.refuse = () => null;
  editor.retry();
  await here.clock.advance(20);
  assert.deepEqual([editor.status.state, here.server.content], ["saved", "ab"]);
});

test("an edit that comes too soon is sent again, the same, until it is accepted", async () => {
  const here = world();
  const editor = await opened(here);
  let refusals = 3;
  here.server.refuse = () => (refusals-- > 0 ? ["server_busy", "rate_limited"][refusals % 2] : null);
  const frames = watched(here);
  editor.edit(insert(0, "quick"));
  await here.clock.advance(20);
  editor.edit(insert(5, "er"));
  await here.clock.advance(10_000);
  assert.deepEqual([editor.status.state, here.server.content], ["saved", "quicker"]);
  assert.deepEqual(frames.slice(1, 4), [frames[0], frames[0], frames[0]]);
});

test("an edit that is too far behind is made anew on the newest version", async () => {
  const here = world();
  const editor = await opened(here);
  let refusals = 1;
  here.server.refuse = () => (refusals-- > 0 ? "version_gone" : null);
  editor.edit(insert(0, "late"));
  await here.clock.advance(5000);
  assert.deepEqual([editor.status.state, here.server.content], ["saved", "late"]);
});

test("giving up what is not saved goes back to the server's text", async () => {
  const here = world({ content: "kept" });
  const editor = await opened(here);
  here.server.refuse = () => "forbidden";
  editor.edit(insert(4, " lost"));
  await here.clock.advance(20);
  const changes = [];
  editor.on("change", ({ operation, origin }) => changes.push([origin, operation]));
  editor.discard();
  assert.equal(editor.content, "kept");
  assert.deepEqual(changes, [["reset", { ops: [{ retain: 4 }, { delete: 5 }] }]]);
  assert.deepEqual([editor.status.state, editor.status.unsaved], ["saved", 0]);
});

test("a viewer's edits are refused before they are made", async () => {
  const here = world({ content: "look" });
  here.server.role = "viewer";
  const editor = await opened(here);
  assert.equal(editor.mayEdit, false);
  assert.throws(() => editor.edit(insert(0, "x")), /read-only/);
});

test("a change of role while away keeps the text and says why it is not saved", async () => {
  const here = world();
  const editor = await opened(here);
  here.server.dropAll();
  await here.clock.advance(1);
  editor.edit(insert(0, "mine"));
  here.server.role = "viewer";
  await here.clock.advance(10_000);
  assert.deepEqual([editor.status.state, editor.status.error.code, editor.content], ["failed", "read_only", "mine"]);
});

test("taken over by another connection, it takes a new client_id and its edit counts once", async () => {
  for (const accepted of [true, false]) {
    const here = world();
    const editor = await opened(here);
    const before = editor.clientId;
    here.server.commitDelay = 50;
    // Accepted, but neither committed nor acknowledged when the connection is taken over; or lost.
    const lost = () => here.server.connections.get(before).end(4409);
    editor.edit(insert(0, "edit"));
    if (accepted) await here.clock.advance(10);
    lost();
    await here.clock.advance(5000);
    assert.notEqual(editor.clientId, before);
    assert.equal(here.server.content, "edit");
    assert.deepEqual([editor.content, editor.status.state], ["edit", "saved"]);
  }
});

test("what another editor sent under the same client_id is not taken for one's own", async () => {
  const here = world();
  const editor = await opened(here);
  const before = editor.clientId;
  here.server.connections.get(before).end(4409);
  here.server.receive(await stranger(here, before), { type: "edit", id: 1, version: 0, operation: insert(0, "theirs ") });
  editor.edit(insert(0, "mine"));
  await here.clock.advance(5000);
  assert.deepEqual([...here.server.content].sort(), [..."theirs mine"].sort());
  assert.equal(editor.content, here.server.content);
});

test("an edit that is stored under the id of one's own is not taken for it on resuming", async () => {
  for (const theirs of ["theirs ", "mine"]) {
    const here = world();
    const [editor, other] = [await opened(here), await opened(here)];
    const { clientId } = editor;
    other.edit(insert(0, "- "));
    await here.clock.advance(20);
    here.server.refuse = (frame, socket) => (socket.clientId === clientId ? "storage_unavailable" : null);
    editor.edit(insert(2, "mine"));
    await here.clock.advance(10);
    here.server.connections.get(clientId).end();
    here.server.reachable = false;
    here.server.refuse = () => null;
    // By an earlier life of the server, say: of this client_id and id, and made on another version.
    const life = { clientId, cursor: 0, push() {} };
    here.server.receive(life, { type: "edit", id: 1, version: 0, operation: insert(0, theirs) });
    here.server.reachable = true;
    await here.clock.advance(60_000);
    assert.deepEqual([editor.status.state, editor.status.unsaved], ["saved", 0]);
    assert.equal(editor.content, here.server.content);
    assert.equal(editor.content.length, `- mine${theirs}`.length);
  }
});

test("what was accepted before the user might only read is acknowledged all the same", async () => {
  const here = world();
  here.server.commitDelay = 20;
  const editor = await opened(here);
  const { clientId } = editor;
  editor.edit(insert(0, "mine"));
  await here.clock.advance(10);
  here.server.role = "viewer";
  here.server.dropAll();
  await here.clock.advance(5000);
  assert.deepEqual([editor.status.unsaved, editor.status.error, editor.clientId], [0, null, clientId]);
  assert.equal(editor.content, "mine");
});

/** A connection under `clientId` that is no editor of ours. */
async function stranger(here, clientId) {
  const socket = new here.server.WebSocket(`ws://server/?client_id=${clientId}`);
  await here.clock.advance(2);
  return socket;
}

test("a gap in the versions ends in a new connection from the last sure version", async () => {
  const here = world();
  const [one, two] = [await opened(here), await opened(here)];
  here.server.connections.get(one.clientId).cursor += 1;
  two.edit(insert(0, "a"));
  await here.clock.advance(50);
  two.edit(insert(1, "b"));
  await here.clock.advance(5000);
  assert.equal(one.content, "ab");
  assert.equal(one.version, 2);
});

test("a document made anew leaves the unsaved text to the user", async () => {
  const here = world({ content: "old" });
  const storage = new MemoryStorage();
  const editor = await opened(here, { storage });
  here.server.reachable = false;
  here.server.dropAll();
  await here.clock.advance(10);
  editor.edit(insert(3, " and mine"));
  here.server.start = "another";
  here.server.recreate("another");
  here.server.reachable = true;
  await here.clock.advance(30_000);
  assert.equal(editor.content, "another");
  assert.deepEqual([editor.rescued.content, editor.rescued.unsaved], ["old and mine", 1]);

  const later = await opened(here, { storage });
  assert.equal(later.rescued.content, "old and mine");
  const shown = [];
  later.on("change", ({ operation, origin }) => shown.push([origin, operation]));
  later.reapplyRescued();
  const [[origin, operation]] = shown;
  assert.equal(origin, "reset", "the widget has to show it");
  assert.equal(later.type.apply("another", operation), "old and mine");
  await here.clock.advance(50);
  assert.equal(here.server.content, "old and mine");
  assert.equal(later.rescued, null);
});

test("a document made anew replaces the text of an editor that had saved everything", async () => {
  const here = world({ content: "old text" });
  const editor = await opened(here);
  const changes = [];
  editor.on("change", (change) => changes.push(change));
  here.server.start = "new text";
  here.server.recreate("new text");
  await here.clock.advance(5000);
  assert.equal(editor.content, "new text");
  assert.equal(editor.rescued, null);
  assert.deepEqual(changes.map(({ origin }) => origin), ["reset"]);
});

test("a deleted document is said to be deleted, and nobody tries again", async () => {
  const here = world({ content: "gone" });
  const editor = await opened(here);
  const closed = [];
  editor.on("closed", ({ code }) => closed.push(code));
  here.server.dropAll(4410);
  await here.clock.advance(60_000);
  assert.deepEqual(closed, ["document_deleted"]);
  assert.deepEqual([editor.content, editor.status.state, editor.mayEdit], ["gone", "failed", false]);
  assert.equal(here.server.connections.size, 0);
});

test("a very big paste is sent in parts below the limit of a frame", async () => {
  const here = world();
  const editor = await opened(here);
  const frames = watched(here);
  editor.edit(insert(0, "ä\u{1F600}".repeat(200_000)));
  await here.clock.advance(1000);
  assert.ok(frames.length > 4);
  for (const frame of frames) assert.ok(Buffer.byteLength(JSON.stringify(frame)) < 256 * 1024);
  assert.equal(here.server.content, editor.content);
});

test("an unacknowledged edit is late after 5 seconds and alarming after 20", async () => {
  const here = world();
  const editor = await opened(here);
  const delays = [];
  editor.on("status", ({ delay }) => delays.at(-1) !== delay && delays.push(delay));
  here.server.commitDelay = 25_000;
  editor.edit(insert(0, "x"));
  await here.clock.advance(4900);
  assert.deepEqual(delays, ["none"]);
  await here.clock.advance(200);
  assert.deepEqual(delays, ["none", "late"]);
  await here.clock.advance(15_000);
  assert.deepEqual(delays, ["none", "late", "alarming"]);
  await here.clock.advance(10_000);
  assert.deepEqual(delays, ["none", "late", "alarming", "none"]);
});

test("what comes to nothing before it is sent is not sent", async () => {
  const here = world();
  const editor = await opened(here);
  here.server.dropAll();
  await here.clock.advance(1);
  const frames = watched(here);
  editor.edit(insert(0, "x"));
  editor.edit(remove(0, 1));
  await here.clock.advance(5000);
  assert.deepEqual([frames.length, editor.status.state, editor.status.unsaved], [0, "saved", 0]);
});

test("closing leaves no timer behind", async () => {
  const here = world();
  const editor = await opened(here, { storage: new MemoryStorage() });
  editor.edit(insert(0, "x"));
  await here.clock.advance(100);
  editor.close();
  await here.clock.advance(10);
  assert.equal(here.clock.pending, 0);
});

test("a document of another type is not asked for again and again", async () => {
  const here = world();
  let asked = 0;
  here.server.join = (socket) => {
    asked += 1;
    socket.push({ type: "error", code: "wrong_doc_type", message: "it is of another type" });
    here.clock.set(() => socket.end(1008), 2);
  };
  const editor = here.open();
  const told = [];
  editor.on("closed", (event) => told.push(event.code));
  await here.clock.advance(60_000);
  assert.equal(asked, 1);
  assert.deepEqual(told, ["wrong_doc_type"]);
  assert.deepEqual([editor.status.state, editor.status.error.code], ["failed", "wrong_doc_type"]);
  assert.ok(!editor.mayEdit);
});
