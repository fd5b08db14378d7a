/** Getting a connection: what is asked for it, what is refused, and what a program hears of it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, insert } from "../../static/js/collab/index.js";
import { settled } from "./simulated/clock.mjs";
import { MemoryStorage } from "./simulated/storage.mjs";
import { opened, world } from "./simulated/world.mjs";

test("a new client_id needs no lock where locks are forbidden", async () => {
  const here = world();
  let isForbidden = false;
  const acquire = async () => {
    if (isForbidden) throw new Error("SecurityError");
    return () => {};
  };
  const editor = await opened(here, { storage: new MemoryStorage(), clientIdLocks: { acquire } });
  const before = editor.clientId;
  isForbidden = true;
  here.server.connections.get(before).end(4409);
  await here.clock.advance(5000);
  editor.edit(insert(0, "a"));
  await here.clock.advance(1000);
  assert.notEqual(editor.clientId, before);
  assert.deepEqual([editor.status.state, here.server.content], ["saved", "a"]);
});

/** Every address that a connection is asked for at. */
function addresses(here) {
  const seen = [];
  const { WebSocket } = here.server;
  here.server.WebSocket = class extends WebSocket {
    constructor(url) {
      super(url);
      seen.push(new URL(url).searchParams);
    }
  };
  return seen;
}

/** A handshake is refused where `isRefused` says so: nothing opens, and a browser would not say why. */
function refusing(here, isRefused, message) {
  const { WebSocket } = here.server;
  here.server.WebSocket = class {
    constructor(url) {
      if (!isRefused(new URL(url).searchParams)) return new WebSocket(url);
      here.clock.set(() => {
        this.onerror?.({ message });
        this.onclose?.({ code: 1006, reason: "" });
      }, 1);
    }
    close() {}
  };
}

test("without a WebSocket, connect says at once what to pass", () => {
  const options = { url: "http://server/", docId: "d", WebSocket: undefined };
  const present = globalThis.WebSocket;
  delete globalThis.WebSocket;
  try {
    assert.throws(() => connect(options), { name: "TypeError", message: /pass a class as the option WebSocket/ });
  } finally {
    if (present) globalThis.WebSocket = present;
  }
});

test("an address or a document that is none is refused at once", () => {
  class WebSocket {}
  assert.throws(() => connect({ url: "nonsense", docId: "d", WebSocket }), { name: "TypeError", message: /'?nonsense'?.*give the address/ });
  assert.throws(() => connect({ docId: "d", WebSocket }), TypeError);
  assert.throws(() => connect({ url: "http://server/", WebSocket }), { name: "TypeError", message: /docId/ });
});

test("a WebSocket that can't even be made is an attempt that failed, and is reported", async () => {
  const here = world();
  const { WebSocket } = here.server;
  let failures = 2;
  here.server.WebSocket = class extends WebSocket {
    constructor(url) {
      if (failures-- > 0) throw new SyntaxError("not from this page");
      super(url);
    }
  };
  const editor = here.open();
  const errors = [];
  editor.on("error", ({ code, message }) => errors.push([code, message]));
  await here.clock.advance(10_000);
  assert.equal(editor.status.state, "saved");
  assert.deepEqual(errors, Array(2).fill(["not_connected", "no connection could be made: not from this page"]));
});

test("a storage that is forbidden does not keep one from editing", async () => {
  const here = world();
  const storage = new Proxy({}, { get() { throw new Error("SecurityError"); } });
  const editor = here.open({ storage, clientIdLocks: { acquire: async () => { throw new Error("SecurityError"); } } });
  await here.clock.advance(1000);
  editor.edit(insert(0, "a"));
  await here.clock.advance(1000);
  assert.deepEqual([editor.status.state, editor.status.localCopy, here.server.content], ["saved", false, "a"]);
});

for (const [name, made] of [["a function", (text) => text], ["an async function", async (text) => text]]) {
  test(`${name} for the token is asked again for each handshake`, async () => {
    const here = world();
    const seen = addresses(here);
    let asked = 0;
    const editor = await opened(here, { token: () => made(`token-${(asked += 1)}`) });
    editor.edit(insert(0, "a"));
    for (const code of [1008, 1006]) {
      here.server.connections.get(editor.clientId).end(code);
      await here.clock.advance(5000);
    }
    assert.deepEqual(seen.map((query) => query.get("token")), ["token-1", "token-2", "token-3"]);
    assert.deepEqual([editor.status.state, here.server.content], ["saved", "a"]);
  });
}

test("a token that can't be had is an attempt that failed", async () => {
  const here = world();
  const seen = addresses(here);
  const given = [
    () => { throw new Error("no"); },
    async () => { throw new Error("not now"); },
    () => new Promise(() => {}),
    async () => "good",
  ];
  const editor = here.open({ token: () => given.shift()() });
  const errors = [];
  editor.on("error", ({ message }) => errors.push(message));
  await here.clock.advance(60_000);
  assert.deepEqual(seen.map((query) => query.get("token")), ["good"]);
  assert.equal(editor.status.state, "saved");
  assert.deepEqual(errors.map((message) => message.split(": ")[1]), ["no", "not now"]);
});

test("a document that is closed while its token is asked for connects no more", async () => {
  const here = world();
  const seen = addresses(here);
  let give;
  const editor = here.open({ token: () => new Promise((resolve) => (give = resolve)) });
  await settled();
  editor.close();
  give("late");
  await here.clock.advance(60_000);
  assert.deepEqual([seen.length, here.clock.pending], [0, 0]);
});

test("what is no frame of this protocol is ignored", async () => {
  const here = world();
  const editor = await opened(here);
  const socket = here.server.connections.get(editor.clientId);
  for (const data of ['{"no": "type"}', '{"type": "of the host"}', "[1]", "null", "7", '"text"', '{"type": null}', '{"type": ["ack"]}', "no JSON", new ArrayBuffer(2)]) {
    socket.onmessage({ data });
  }
  for (const type of Object.getOwnPropertyNames(Object.prototype)) socket.onmessage({ data: JSON.stringify({ type }) });
  editor.edit(insert(0, "a"));
  await here.clock.advance(100);
  assert.deepEqual([editor.status.state, here.server.content], ["saved", "a"]);
  assert.equal(here.server.connections.get(editor.clientId), socket, "over the same connection");
});

for (const status of [408, 429, 500, 502, 503, 599]) {
  test(`status ${status} in place of a connection means later`, async () => {
    const here = world();
    const seen = addresses(here);
    let refusals = 3;
    refusing(here, () => refusals-- > 0, `Unexpected server response: ${status}`);
    const editor = here.open();
    const errors = [];
    editor.on("error", ({ code }) => errors.push(code));
    await here.clock.advance(10_000);
    assert.deepEqual([editor.status.state, errors], ["saved", []]);
    assert.equal(new Set(seen.map((query) => query.get("client_id"))).size, 1);
  });
}

for (const [status, code] of [[400, "invalid_request"], [401, "unauthorized"], [404, "refused"], [418, "refused"]]) {
  test(`status ${status} in place of a connection is told, and asked for again seldom`, async () => {
    const here = world();
    let attempts = 0;
    refusing(here, () => (attempts += 1), `Unexpected server response: ${status}`);
    const editor = here.open();
    const errors = [];
    editor.on("error", (error) => errors.push(error.code));
    await here.clock.advance(120_000);
    assert.ok(attempts <= 4, `${attempts} attempts in two minutes`);
    assert.equal(errors[0], code);
    assert.deepEqual([editor.status.state, editor.status.error.code], ["failed", code]);
  });
}

test("a client_id that somebody else has is given up for another, which a browser can't be told", async () => {
  for (const message of [undefined, "Unexpected server response: 403"]) {
    const here = world();
    const storage = new MemoryStorage();
    let taken = null;
    refusing(here, (query) => query.get("client_id") === taken, message);
    const editor = await opened(here, { storage });
    const before = editor.clientId;
    here.server.reachable = false;
    here.server.dropAll();
    await here.clock.advance(10);
    editor.edit(insert(0, "mine"));
    taken = before;
    here.server.reachable = true;
    await here.clock.advance(30_000);
    assert.notEqual(editor.clientId, before);
    assert.deepEqual([editor.status.state, here.server.content], ["saved", "mine"]);
  }
});

test("a client_id that is refused before anything was shown is given up as well", async () => {
  const here = world();
  let refused = null;
  refusing(here, (query) => query.get("client_id") === (refused ??= query.get("client_id")));
  const editor = here.open();
  await here.clock.advance(30_000);
  assert.notEqual(editor.clientId, refused);
  assert.equal(editor.status.state, "saved");
});

test("an edit that may have been stored under a client_id that was lost counts once", async () => {
  for (const stored of [true, false]) {
    const here = world();
    let taken = null;
    refusing(here, (query) => query.get("client_id") === taken);
    const editor = await opened(here, { storage: new MemoryStorage() });
    taken = editor.clientId;
    here.server.commitDelay = 50;
    editor.edit(insert(0, "once"));
    if (stored) await here.clock.advance(10);
    here.server.connections.get(taken).end(1006);
    await here.clock.advance(60_000);
    assert.notEqual(editor.clientId, taken);
    assert.deepEqual([editor.status.state, editor.content, here.server.content], ["saved", "once", "once"]);
  }
});

test("a host that says it by an error frame is heard, also where its server can't send 1008", async () => {
  for (const code of [1008, 4008]) {
    const here = world();
    const { join } = here.server;
    let refused = null;
    here.server.join = (socket) => {
      const clientId = new URL(socket.url).searchParams.get("client_id");
      if (clientId !== (refused ??= clientId)) return join.call(here.server, socket);
      socket.push({ type: "error", code: "forbidden", message: "the client_id is another user's" });
      here.clock.set(() => socket.end(code), 2);
    };
    const editor = here.open();
    const codes = [];
    editor.on("disconnected", (event) => codes.push(event.code));
    await here.clock.advance(30_000);
    assert.notEqual(editor.clientId, refused);
    assert.equal(editor.status.state, "saved");
    assert.deepEqual(codes, [1008]);
  }
});

test("an outage, however long, does not change the client_id", async () => {
  const here = world();
  const editor = await opened(here);
  const before = editor.clientId;
  here.server.reachable = false;
  here.server.dropAll();
  editor.edit(insert(0, "a"));
  await here.clock.advance(300_000);
  here.server.reachable = true;
  await here.clock.advance(30_000);
  assert.deepEqual([editor.clientId, editor.status.state], [before, "saved"]);
});

test("who may read nothing at all is refused under every client_id, and keeps the first", async () => {
  const here = world();
  const seen = addresses(here);
  let isAllowed = false;
  refusing(here, () => !isAllowed);
  const editor = here.open();
  await here.clock.advance(120_000);
  isAllowed = true;
  await here.clock.advance(30_000);
  assert.equal(editor.status.state, "saved");
  assert.equal(seen.at(-1).get("client_id"), editor.clientId);
});
