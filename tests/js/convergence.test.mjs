import assert from "node:assert/strict";
import { test } from "node:test";

import { authors } from "./simulated/authors.mjs";
import { MemoryStorage } from "./simulated/storage.mjs";
import { opened, world } from "./simulated/world.mjs";

const SEEDS = Number(process.env.SEEDS ?? 25);
const FIRST = Number(process.env.SEED ?? 1);

/** Everything that can go wrong, by the weight of how often it does. */
const EVENTS = {
  type: 30,
  erase: 10,
  burst: 0.4,
  wait: 25,
  cut: 3,
  cutAll: 1,
  takeOver: 1,
  storageTrouble: 2,
  reload: 2,
  crash: 1,
  unreachable: 1,
};

function pick(random, events) {
  const total = Object.values(events).reduce((sum, weight) => sum + weight);
  let at = random() * total;
  return Object.entries(events).find(([, weight]) => (at -= weight) < 0)[0];
}

/** Somebody's browser: its storage outlives its tabs; a tab that crashed writes no more. */
class Browser {
  storage = new MemoryStorage();
  #held = new Set();

  openTab() {
    const tab = { alive: true };
    const write = (method) => (...values) => tab.alive && this.storage[method](...values);
    tab.storage = {
      get length() {
        return this.all.length;
      },
      all: this.storage,
      key: (index) => this.storage.key(index),
      getItem: (key) => this.storage.getItem(key),
      setItem: write("setItem"),
      removeItem: write("removeItem"),
    };
    tab.clientIdLocks = { acquire: async (name) => this.#acquire(name) };
    return tab;
  }

  #acquire(name) {
    if (this.#held.has(name)) return null;
    this.#held.add(name);
    return () => this.#held.delete(name);
  }
}

class Room {
  constructor(docType, seed, { erasing, crashing }) {
    this.author = authors[docType];
    this.here = world({ seed, latency: 40, docType, content: this.author.start });
    this.here.server.commitDelay = 15;
    this.browsers = [new Browser(), new Browser(), new Browser()];
    this.erasing = erasing;
    this.events = { ...EVENTS, crash: crashing ? 1 : 0, erase: erasing ? 10 : 0 };
    this.typed = [];
  }

  async open() {
    this.editors = [];
    for (const browser of this.browsers) this.editors.push(await this.#openOne(browser));
  }

  async #openOne(browser) {
    const tab = browser.openTab();
    const editor = await opened(this.here, { storage: tab.storage, clientIdLocks: tab.clientIdLocks });
    return Object.assign(editor, { tab });
  }

  async step() {
    const { random, server, clock } = this.here;
    const at = Math.floor(random() * this.editors.length);
    const editor = this.editors[at];
    const below = (number) => Math.floor(random() * number);
    const type = () => editor.isReady && editor.edit(this.author.type(editor.content, this.#word(), below));
    const erase = () => {
      const operation = editor.isReady && this.author.erase(editor.content, below);
      if (operation) editor.edit(operation);
    };
    const actions = {
      type,
      erase,
      burst: () => {
        for (let left = 20 + below(30); left > 0; left -= 1) (this.erasing && below(3) === 0 ? erase : type)();
      },
      wait: () => clock.advance(random() * 60),
      cut: () => server.connections.get(editor.clientId)?.end(1006),
      cutAll: () => server.dropAll(1001),
      takeOver: () => server.connections.get(editor.clientId)?.end(4409),
      storageTrouble: () => {
        let times = 3;
        server.refuse = () => (times-- > 0 ? "storage_unavailable" : null);
      },
      unreachable: async () => {
        server.reachable = false;
        server.dropAll();
        await clock.advance(random() * 3000);
        server.reachable = true;
      },
      reload: async () => {
        editor.close();
        this.editors[at] = await this.#openOne(this.browsers[at]);
      },
      crash: async () => {
        editor.tab.alive = false;
        editor.close();
        this.editors[at] = await this.#openOne(this.browsers[at]);
      },
    };
    await actions[pick(random, this.events)]();
  }

  /** A character that nobody else types; where nothing is counted, one that can be cut in half. */
  #word() {
    const word = String.fromCodePoint((this.erasing ? 0x20000 : 0x4e00) + this.typed.length);
    this.typed.push(word);
    return word;
  }

  async settle() {
    this.here.server.refuse = () => null;
    await this.here.clock.advance(120_000);
  }
}

async function run(docType, seed, options) {
  const room = new Room(docType, seed, options);
  await room.open();
  for (let index = 0; index < 150; index += 1) await room.step();
  await room.settle();
  const { server } = room.here;
  for (const { status, content, version, rescued } of room.editors) {
    const got = { state: status.state, unsaved: status.unsaved, content, version, rescued };
    const expected = { state: "saved", unsaved: 0, content: server.content, version: server.version, rescued: null };
    assert.deepEqual(got, expected, `SEED=${seed}`);
  }
  return { typed: room.typed, content: server.content };
}

const count = (content, word) => JSON.stringify(content).split(word).length - 1;

for (const docType of Object.keys(authors)) {
  test(`editors of ${docType} converge, and what was typed is there exactly once, whatever happens on the way`, async () => {
    for (let seed = FIRST; seed < FIRST + SEEDS; seed += 1) {
      const { typed, content } = await run(docType, seed, {});
      for (const word of typed) assert.equal(count(content, word), 1, `SEED=${seed}: ${word}`);
    }
  });

  test(`when tabs that edit ${docType} crash, too, nothing is there twice`, async () => {
    for (let seed = FIRST; seed < FIRST + SEEDS; seed += 1) {
      const { typed, content } = await run(docType, seed, { crashing: true });
      for (const word of typed) assert.ok(count(content, word) <= 1, `SEED=${seed}: ${word}`);
    }
  });

  test(`editors of ${docType} converge when they delete and change as well, emoji cut in half included`, async () => {
    for (let seed = FIRST; seed < FIRST + SEEDS; seed += 1) {
      const { content } = await run(docType, seed, { erasing: true, crashing: true });
      // JSON.stringify escapes lone surrogates.
      assert.doesNotMatch(JSON.stringify(content), /\\ud[89a-f]/, `SEED=${seed}`);
    }
  });
}
