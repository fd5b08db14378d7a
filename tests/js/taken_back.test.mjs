/** Own edits that a change of somebody else leaves no place for: they are taken back, and nothing else is. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { UndoManager, registerType } from "../../static/js/collab/index.js";
import { MemoryStorage } from "./simulated/storage.mjs";
import { opened, world } from "./simulated/world.mjs";

const add = (path, na) => [{ p: path, na }];
const append = (list, value) => [{ p: ["log", list.length], li: value }];

/** Two editors of numbers, and what is reported to the first. */
async function numbers(options = {}) {
  const here = world({ docType: "json", content: { n: 0, m: 0, log: [] }, ...options });
  const [mine, theirs] = [await opened(here, options), await opened(here)];
  await here.clock.advance(100);
  const errors = [];
  // The server's refusal may come before the change that is the reason.
  mine.on("error", (error) => error.operation && errors.push(error));
  return { here, mine, theirs, errors };
}

async function cut(here, editor) {
  here.server.reachable = false;
  here.server.connections.get(editor.clientId).end();
  await here.clock.advance(10);
}

async function settle(here) {
  here.server.reachable = true;
  await here.clock.advance(60_000);
}

function assertTogether(here, ...editors) {
  for (const { content, status, rescued } of editors) {
    const got = [content, status.state, status.unsaved, status.error, rescued];
    assert.deepEqual(got, [here.server.content, "saved", 0, null, null]);
  }
}

test("of two sums that a double does not hold together, the later is taken back and reported", async () => {
  const { here, mine, theirs, errors } = await numbers({ latency: 0 });
  const changes = [];
  mine.on("change", ({ origin, before, operation }) => changes.push([origin, before.n, operation]));
  theirs.edit(add(["n"], 0.1));
  mine.edit(add(["n"], 0.2));
  await settle(here);
  assertTogether(here, mine, theirs);
  assert.equal(mine.content.n, 0.1);
  assert.deepEqual(errors.map(({ code, operation }) => [code, operation]), [["invalid_operation", add(["n"], 0.2)]]);
  assert.match(errors[0].advice, /taken back/);
  assert.deepEqual(mine.takenBack.map(({ operation, content }) => [operation, content.n]), [[add(["n"], 0.2), 0]]);
  assert.equal(changes.length, 2);
  assert.deepEqual(changes[1].slice(0, 2), ["reset", 0.2]);
  assert.equal(mine.type.apply({ n: 0.2, m: 0, log: [] }, changes[1][2]).n, 0.1);
});

for (const latency of [0, 1, 40]) {
  test(`what is typed before and after an edit that is taken back stays, with a latency of ${latency}`, async () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const { here, mine, theirs, errors } = await numbers({ seed, latency });
      here.server.commitDelay = latency;
      theirs.edit(add(["n"], 0.1));
      mine.edit(append(mine.content.log, "before"));
      mine.edit(add(["n"], 0.2));
      mine.edit(append(mine.content.log, "after"));
      mine.edit(add(["m"], 7));
      await settle(here);
      mine.edit(append(mine.content.log, "later"));
      await settle(here);
      assertTogether(here, mine, theirs);
      const refusedThere = here.server.content.n === 0.2;
      const expected = { n: refusedThere ? 0.2 : 0.1, m: 7, log: ["before", "after", "later"] };
      assert.deepEqual(mine.content, expected, `seed ${seed}`);
      assert.equal(errors.length, refusedThere ? 0 : 1, `seed ${seed}`);
    }
  });
}

test("an edit among many of one frame is taken back alone", async () => {
  const { here, mine, theirs, errors } = await numbers();
  await cut(here, mine);
  for (let index = 0; index < 100; index += 1) {
    mine.edit(append(mine.content.log, index));
    if (index === 50) mine.edit([...add(["n"], 0.2), ...append(mine.content.log, "of the same edit")]);
  }
  theirs.edit(add(["n"], 0.1));
  await settle(here);
  assertTogether(here, mine, theirs);
  assert.equal(mine.content.n, 0.1);
  assert.deepEqual([...mine.content.log].sort((one, other) => one - other), Array.from({ length: 100 }, (_, index) => index));
  assert.equal(errors.length, 1);
});

test("after a reload, what does not fit is told apart from what was written with it", async () => {
  const storage = new MemoryStorage();
  const { here, mine, theirs } = await numbers({ storage });
  await cut(here, mine);
  mine.edit(append(mine.content.log, "kept"));
  mine.edit(add(["n"], 0.2));
  mine.edit(append(mine.content.log, "kept, too"));
  mine.close();
  theirs.edit(add(["n"], 0.1));
  const later = await opened(here, { storage });
  const errors = [];
  later.on("error", (error) => errors.push(error.operation));
  await settle(here);
  assertTogether(here, later, theirs);
  assert.deepEqual(later.content, { n: 0.1, m: 0, log: ["kept", "kept, too"] });
  assert.deepEqual(errors, [add(["n"], 0.2)]);
});

test("what was taken back and accepted all the same comes as a change, once", async () => {
  const { here, mine, theirs, errors } = await numbers({ latency: 0 });
  // The server hears of the second sum after there is room for it again.
  const held = [];
  const { receive } = here.server;
  here.server.receive = (socket, frame) =>
    frame.type === "edit" && socket.clientId === mine.clientId && held.length < 1
      ? held.push([socket, frame])
      : receive.call(here.server, socket, frame);
  mine.edit(add(["n"], 0.2));
  mine.edit(append(mine.content.log, "mine"));
  theirs.edit(add(["n"], 0.1));
  await here.clock.advance(50);
  assert.deepEqual([mine.content.n, mine.content.log, errors.length], [0.1, ["mine"], 1]);
  theirs.edit(add(["n"], -0.1));
  await here.clock.advance(50);
  assert.equal(mine.content.n, 0);
  receive.call(here.server, ...held[0]);
  await settle(here);
  assertTogether(here, mine, theirs);
  assert.deepEqual(mine.content, { n: 0.2, m: 0, log: ["mine"] });
  assert.equal(here.server.clients.get(mine.clientId).lastId, 2);
});

test("what was taken back is not sent again under another client_id, and its fate does not matter", async () => {
  for (const accepted of [true, false]) {
    const { here, mine, theirs } = await numbers({ latency: 0 });
    const held = [];
    const { receive } = here.server;
    const old = mine.clientId;
    here.server.receive = (socket, frame) =>
      frame.type === "edit" && socket.clientId === old ? held.push([socket, frame]) : receive.call(here.server, socket, frame);
    mine.edit(add(["n"], 0.2));
    mine.edit(append(mine.content.log, "mine"));
    theirs.edit(add(["n"], 0.1));
    await here.clock.advance(50);
    theirs.edit(add(["n"], -0.1));
    await here.clock.advance(50);
    if (accepted) receive.call(here.server, ...held[0]);
    here.server.connections.get(old).end(4409);
    await settle(here);
    assert.notEqual(mine.clientId, old);
    assertTogether(here, mine, theirs);
    assert.deepEqual(mine.content, { n: accepted ? 0.2 : 0, m: 0, log: ["mine"] });
  }
});

test("what is undone after an edit was taken back is nobody else's", async () => {
  const { here, mine, theirs } = await numbers({ latency: 0 });
  const history = new UndoManager(mine, { clock: here.clock, groupMilliseconds: 0 });
  theirs.edit(add(["n"], 0.1));
  mine.edit(add(["n"], 0.2));
  await settle(here);
  history.undo();
  await settle(here);
  assert.equal(here.server.content.n, 0.1);
});

/** Seats that each have one taker: an edit does not survive that its seat was taken. Not even its type says how. */
const seats = {
  name: "seats",
  empty: {},
  create: (content = {}) => content,
  isEmpty: (operation) => Object.keys(operation).length === 0,
  check() {},
  apply(content, operation) {
    for (const seat of Object.keys(operation)) if (Object.hasOwn(content, seat)) throw new Error(`${seat} is taken`);
    return { ...content, ...operation };
  },
  compose: (first, second) => ({ ...first, ...second }),
  transform(operation, other) {
    for (const seat of Object.keys(operation)) if (Object.hasOwn(other, seat)) throw new TypeError(`${seat} was taken`);
    return operation;
  },
  invert: () => ({}),
  difference(before, after) {
    return Object.fromEntries(Object.entries(after).filter(([seat]) => !Object.hasOwn(before, seat)));
  },
};
registerType(seats);

test("a type of one's own may throw whatever it likes: the edit is taken back, the others stay", async () => {
  const here = world({ docType: "seats", latency: 0 });
  const [mine, theirs] = [await opened(here), await opened(here)];
  here.server.refuse = ({ operation }) => (Object.keys(operation).some((seat) => Object.hasOwn(here.server.content, seat)) ? "invalid_operation" : null);
  const errors = [];
  mine.on("error", ({ operation }) => operation && errors.push(operation));
  theirs.edit({ a: "theirs" });
  mine.edit({ a: "mine" });
  mine.edit({ b: "mine" });
  await settle(here);
  assert.deepEqual(here.server.content, { a: "theirs", b: "mine" });
  assertTogether(here, mine, theirs);
  assert.deepEqual(errors, [{ a: "mine" }]);
});

test("a change that the type can't follow at all asks for the whole document", async () => {
  const here = world({ docType: "seats", latency: 0 });
  const mine = await opened(here);
  here.server.history.push({ operation: { a: 1 }, clientId: "x", id: 1 }, { operation: { b: 2 }, clientId: "x", id: 2 });
  here.server.content = { a: 1, b: 2 };
  here.server.connections.get(mine.clientId).push({ type: "document_change", operation: { a: 1 }, version: 1, client_id: "x" });
  here.server.connections.get(mine.clientId).push({ type: "document_change", operation: { a: 2 }, version: 2, client_id: "x" });
  here.server.head = 2;
  await settle(here);
  assert.deepEqual(mine.content, { a: 1, b: 2 });
});
