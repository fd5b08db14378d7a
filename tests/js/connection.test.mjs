import assert from "node:assert/strict";
import { test } from "node:test";

import { Backoff } from "../../static/js/collab/backoff.js";
import { socketUrl } from "../../static/js/collab/url.js";
import { insert } from "../../static/js/collab/index.js";
import { opened, world } from "./simulated/world.mjs";

/** Counts the attempts to connect. */
function counted(here) {
  const attempts = [];
  const { WebSocket } = here.server;
  here.server.WebSocket = class extends WebSocket {
    constructor(url) {
      super(url);
      attempts.push({ at: here.clock.now(), url: new URL(url), socket: this });
    }
  };
  return attempts;
}

test("waits are spread over a range that doubles up to its cap", () => {
  const fractions = [0, 0.5, 0.999];
  for (const fraction of fractions) {
    const backoff = new Backoff({ base: 500, cap: 4000, random: () => fraction });
    const ranges = [500, 1000, 2000, 4000, 4000];
    assert.deepEqual(ranges.map(() => backoff.next()), ranges.map((range) => Math.floor(range * fraction)));
    backoff.reset();
    assert.equal(backoff.next(), Math.floor(500 * fraction));
  }
});

test("while the server is away the attempts become rare", async () => {
  const here = world();
  const attempts = counted(here);
  const editor = await opened(here);
  here.server.reachable = false;
  here.server.dropAll();
  await here.clock.advance(120_000);
  assert.ok(attempts.length > 8 && attempts.length < 60, `${attempts.length} attempts`);
  assert.equal(editor.status.state, "offline");
});

for (const event of ["online", "focus", "pageshow", "visibilitychange"]) {
  test(`after the event '${event}' it connects at once`, async () => {
    const here = world();
    const events = new EventTarget();
    const editor = await opened(here, { events });
    here.server.reachable = false;
    here.server.dropAll();
    await here.clock.advance(60_000);
    here.server.reachable = true;
    assert.equal(editor.status.state, "offline");
    events.dispatchEvent(new Event(event));
    await here.clock.advance(5);
    assert.equal(editor.status.state, "saved");
  });
}

test("when the browser goes offline a silent connection is given up within seconds", async () => {
  const here = world();
  const events = new EventTarget();
  const editor = await opened(here, { events });
  const socket = here.server.connections.get(editor.clientId);
  socket.push = () => {};
  events.dispatchEvent(new Event("offline"));
  here.server.reachable = false;
  await here.clock.advance(3100);
  assert.equal(editor.status.state, "offline");
});

test("a server that shuts down says when to come back", async () => {
  const here = world();
  const attempts = counted(here);
  const editor = await opened(here);
  here.server.connections.get(editor.clientId).push({ type: "server_shutdown", message: "", retry_after: 7 });
  await here.clock.advance(5);
  const closedAt = here.clock.now();
  here.server.dropAll(1001);
  await here.clock.advance(20_000);
  const waited = attempts[1].at - closedAt;
  assert.ok(waited >= 7000 && waited <= 8001, `waited ${waited}`);
  assert.equal(editor.status.state, "saved");
});

test("a connection that no longer answers is found by a ping and replaced", async () => {
  const here = world();
  const attempts = counted(here);
  const editor = await opened(here);
  // Half dead: it takes what is sent, and nothing comes back.
  here.server.connections.get(editor.clientId).push = () => {};
  editor.edit(insert(0, "x"));
  await here.clock.advance(45_000);
  assert.equal(attempts.length, 2);
  assert.deepEqual([editor.status.state, here.server.content], ["saved", "x"]);
});

test("an idle connection is kept alive by pings and not replaced", async () => {
  const here = world();
  const attempts = counted(here);
  await opened(here);
  await here.clock.advance(600_000);
  assert.equal(attempts.length, 1);
});

test("an attempt that never opens is given up", async () => {
  const here = world();
  const attempts = counted(here);
  here.server.join = () => {};
  const editor = here.open();
  await here.clock.advance(120_000);
  assert.ok(attempts.length >= 2);
  assert.equal(editor.isReady, false);
});

test("a reconnect says what is held: version, epoch and the same client_id", async () => {
  const here = world();
  const attempts = counted(here);
  const editor = await opened(here);
  editor.edit(insert(0, "x"));
  await here.clock.advance(20);
  here.server.dropAll();
  await here.clock.advance(5000);
  const [first, second] = attempts.map(({ url }) => url.searchParams);
  assert.deepEqual([first.get("version"), first.get("epoch")], [null, null]);
  assert.deepEqual([second.get("version"), second.get("epoch")], ["1", "epoch-1"]);
  assert.equal(second.get("client_id"), first.get("client_id"));
});

test("a new name takes a new connection under the same client_id", async () => {
  const here = world();
  const attempts = counted(here);
  const editor = await opened(here, { name: "Ada" });
  editor.setName("Grace");
  await here.clock.advance(100);
  assert.equal(attempts[1].url.searchParams.get("name"), "Grace");
  assert.equal(attempts[1].url.searchParams.get("client_id"), attempts[0].url.searchParams.get("client_id"));
  assert.equal(editor.status.state, "saved");
});

test("the address lies below the application, wherever that is mounted", () => {
  const address = (url) => socketUrl({ url, docId: "my.doc~1", clientId: "c" });
  assert.equal(address("https://example.org/collab/"), "wss://example.org/collab/ws/documents/my.doc~1?client_id=c");
  assert.equal(address("http://127.0.0.1:8000"), "ws://127.0.0.1:8000/ws/documents/my.doc~1?client_id=c");
});
