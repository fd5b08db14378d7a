import assert from "node:assert/strict";
import { test } from "node:test";

import { insert, remove } from "../../static/js/collab/index.js";
import { Presence } from "../../static/js/collab/presence.js";
import { Session } from "../../static/js/collab/session.js";
import { getType } from "../../static/js/collab/index.js";
import { opened, world } from "./simulated/world.mjs";

const person = (clientId, cursor = null) => ({ client_id: clientId, user_id: "u", name: clientId, color: "#111111", cursor });

function present(content, users) {
  const session = new Session(getType("text"), { content, epoch: "e" });
  session.identify("me", 0);
  const presence = new Presence(session);
  presence.enter(users);
  return { session, presence, cursorOf: (clientId) => presence.editors.get(clientId).cursor };
}

test("the list of the handshake is who is here, oneself left out", () => {
  const { presence } = present("text", [person("me"), person("a", { anchor: 1, head: 2 })]);
  assert.deepEqual([...presence.editors.keys()], ["a"]);
  assert.deepEqual(presence.editors.get("a").cursor, { anchor: 1, head: 2 });
});

test("a cursor stays before what others insert at it and goes behind what its own editor does", () => {
  const { session, presence, cursorOf } = present("text", [person("a", { anchor: 2, head: 2 }), person("b", { anchor: 2, head: 2 })]);
  const local = session.receive(insert(2, "xx"), 1);
  presence.committed(1, insert(2, "xx"), local, "a");
  assert.deepEqual(cursorOf("a"), { anchor: 4, head: 4 });
  assert.deepEqual(cursorOf("b"), { anchor: 2, head: 2 });
});

test("a cursor is shown where its text is now, unsent changes included", () => {
  const { session, presence, cursorOf } = present("text", [person("a")]);
  session.edit(insert(0, "new "));
  presence.update({ client_id: "a", cursor: { anchor: 2, head: 4 }, version: 0 });
  assert.deepEqual(cursorOf("a"), { anchor: 6, head: 8 });
});

test("how far somebody has gone is told beside what their edits and those of others moved", () => {
  const { session, presence } = present("text", [person("a", { anchor: 2, head: 2 })]);
  const local = session.receive(insert(2, "xx"), 1);
  presence.committed(1, insert(2, "xx"), local, "a");
  const movedTo = (offset) => {
    presence.update({ client_id: "a", cursor: offset === null ? null : { anchor: offset, head: offset }, version: 1 });
    return presence.editors.get("a").movedBy;
  };
  assert.deepEqual([4, 6, 0, null, 3].map(movedTo), [0, 2, 6, Infinity, Infinity]);
});

test("a cursor of a version that is still to come waits for it", () => {
  const { session, presence, cursorOf } = present("text", [person("a")]);
  presence.update({ client_id: "a", cursor: { anchor: 6, head: 6 }, version: 1 });
  assert.equal(cursorOf("a"), null);
  const local = session.receive(insert(4, "??"), 1);
  presence.committed(1, insert(4, "??"), local, "a");
  assert.deepEqual(cursorOf("a"), { anchor: 6, head: 6 });
});

test("a cursor of an earlier version is moved along to the present one", () => {
  const { session, presence, cursorOf } = present("text", [person("a")]);
  presence.committed(1, insert(0, "ab"), session.receive(insert(0, "ab"), 1), "b");
  presence.update({ client_id: "a", cursor: { anchor: 1, head: 1 }, version: 0 });
  assert.deepEqual(cursorOf("a"), { anchor: 3, head: 3 });
});

test("the own cursor reaches the others once the text around it has", async () => {
  const here = world({ content: "abc", latency: 0 });
  const [one, two] = [await opened(here), await opened(here)];
  const seen = [];
  two.on("presence", ({ cursor, version }) => seen.push([cursor.head, version]));
  here.server.commitDelay = 200;
  one.edit(insert(3, "def"));
  one.setCursor({ anchor: 6, head: 6 });
  await here.clock.advance(150);
  assert.deepEqual(seen, []);
  await here.clock.advance(300);
  assert.deepEqual(seen, [[6, 1]]);
});

test("a cursor that moves along by itself is not told again", async () => {
  const here = world({ content: "abc" });
  const [one, two] = [await opened(here), await opened(here)];
  one.setCursor({ anchor: 1, head: 1 });
  await here.clock.advance(200);
  const frames = [];
  two.on("presence", (frame) => frames.push(frame));
  for (const letter of "typing") {
    const { head } = { head: one.content.indexOf("bc") };
    one.edit(insert(head, letter));
    one.setCursor({ anchor: head + 1, head: head + 1 });
    await here.clock.advance(100);
  }
  two.edit(remove(0, 1));
  await here.clock.advance(200);
  assert.deepEqual(frames, []);
});

test("the latest cursor is sent again where the server had enough of them for now", async () => {
  const here = world({ content: "abc" });
  const [one, two] = [await opened(here), await opened(here)];
  const seen = [];
  two.on("presence", ({ cursor }) => seen.push(cursor.head));
  let refusals = 2;
  here.server.refusePresence = () => (refusals-- > 0 ? "rate_limited" : null);
  one.setCursor({ anchor: 1, head: 1 });
  await here.clock.advance(500);
  one.setCursor({ anchor: 2, head: 2 });
  await here.clock.advance(900);
  assert.deepEqual(seen, []);
  await here.clock.advance(2000);
  assert.deepEqual(seen, [2]);
});
