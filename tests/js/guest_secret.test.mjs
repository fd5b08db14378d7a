import assert from "node:assert/strict";
import { test } from "node:test";

import { connect } from "../../static/js/collab/index.js";

const options = { url: "http://127.0.0.1:8000/", docId: "notes" };

class Storage {
  #items = new Map();
  getItem = (key) => this.#items.get(key) ?? null;
  setItem = (key, value) => this.#items.set(key, value);
  removeItem = (key) => this.#items.delete(key);
  key = (index) => [...this.#items.keys()][index] ?? null;
  get length() {
    return this.#items.size;
  }
}

/** The `guest_secret` in the address that a connection is opened to. */
async function secretOf(more) {
  let address;
  const opened = new Promise((resolve) => (address = resolve));
  class WebSocket extends EventTarget {
    constructor(url) {
      super();
      address(url);
    }
    send() {}
    close() {}
  }
  const shared = connect({ ...options, ...more, WebSocket });
  const url = new URL(await opened);
  shared.close();
  return url.searchParams.get("guest_secret");
}

test("a guest of a link sends the same secret from one device always", async () => {
  const storage = new Storage();
  const first = await secretOf({ link: "a.b", storage });
  assert.match(first, /^[A-Za-z0-9._~-]{16,128}$/);
  assert.equal(await secretOf({ link: "a.b", storage }), first);
  assert.notEqual(await secretOf({ link: "a.b", storage: new Storage() }), first);
});

test("a storage that refuses everything does not keep a guest out", async () => {
  const broken = new Proxy({}, { get: () => () => { throw new Error("forbidden"); } });
  const { guestSecret } = await import("../../static/js/collab/guest_secret.js");
  assert.match(guestSecret(broken), /^[A-Za-z0-9._~-]{16,128}$/);
});

test("a secret of the caller's own is sent as it is; without a link there is none", async () => {
  assert.equal(await secretOf({ link: "a.b", guestSecret: "x".repeat(20) }), "x".repeat(20));
  assert.equal(await secretOf({}), null);
});
