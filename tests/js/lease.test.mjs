import assert from "node:assert/strict";
import { test } from "node:test";

import { insert } from "../../static/js/collab/index.js";
import { leaseLocks } from "../../static/js/collab/lease.js";
import { FakeClock } from "./simulated/clock.mjs";
import { MemoryStorage } from "./simulated/storage.mjs";
import { opened, world } from "./simulated/world.mjs";

const DAY = 86_400_000;
const LONG = 600_000;

/** A clock with the same timers, which shows another time. */
const wrong = (clock, by) => ({ now: () => clock.now() + by, elapsed: clock.now, set: clock.set, clear: clock.clear });

/** Tabs of one browser: what one writes, the others get as an event, if they are awake. */
class SharedStorage extends MemoryStorage {
  tabs = [];

  tab() {
    const events = new EventTarget();
    this.tabs.push(events);
    return events;
  }

  setItem(key, value) {
    super.setItem(key, value);
    this.#tell(key, value);
  }

  removeItem(key) {
    super.removeItem(key);
    this.#tell(key, null);
  }

  #tell(key, newValue) {
    for (const events of this.tabs) events.dispatchEvent(Object.assign(new Event("storage"), { key, newValue }));
  }
}

/** A holder that crashes: its timers stop. */
function crashing(clock) {
  let isAlive = true;
  const set = (callback, milliseconds) => clock.set(() => isAlive && callback(), milliseconds);
  return { clock: { ...clock, now: clock.now, set, clear: clock.clear }, crash: () => (isAlive = false) };
}

for (const [words, by] of [["ahead", DAY], ["behind", -DAY], ["right", 0]]) {
  test(`a living holder keeps its lease before a tab whose clock is a day ${words}`, async () => {
    const clock = new FakeClock();
    const storage = new MemoryStorage();
    const one = leaseLocks(storage, { clock, holder: "one" });
    const two = leaseLocks(storage, { clock: wrong(clock, by), holder: "two" });
    const release = await one.acquire("name");
    for (let look = 0; look < 40; look += 1) {
      assert.equal(await two.acquire("name"), null);
      await clock.advance(20_000);
    }
    release();
    assert.equal(typeof (await two.acquire("name")), "function");
  });

  test(`the lease of a crashed tab whose clock was a day ${words} is free after some minutes`, async () => {
    const clock = new FakeClock();
    const storage = new MemoryStorage();
    const former = crashing(wrong(clock, by));
    await leaseLocks(storage, { clock: former.clock, holder: "one" }).acquire("name");
    former.crash();
    const two = leaseLocks(storage, { clock, holder: "two" });
    await two.acquire("name");
    await clock.advance(LONG);
    assert.equal(typeof (await two.acquire("name")), "function");
  });
}

test("a lease of the format before that ends in a day is free after some minutes", async () => {
  const clock = new FakeClock();
  const storage = new MemoryStorage();
  storage.setItem("name:lease", JSON.stringify({ holder: "gone", until: clock.now() + DAY }));
  const clientIdLocks = leaseLocks(storage, { clock });
  assert.equal(await clientIdLocks.acquire("name"), null);
  await clock.advance(LONG);
  assert.equal(typeof (await clientIdLocks.acquire("name")), "function");
});

test("where tabs hear each other, what crashed yesterday is free at once, and who lives answers", async () => {
  const clock = new FakeClock();
  const storage = new SharedStorage();
  const former = crashing(wrong(clock, -DAY));
  const asleep = storage.tab();
  await leaseLocks(storage, { clock: former.clock, holder: "one", events: asleep }).acquire("name", { isNew: true });
  const clientIdLocks = leaseLocks(storage, { clock, holder: "two", events: storage.tab() });
  const refused = clientIdLocks.acquire("name");
  await clock.advance(2000);
  assert.equal(await refused, null, "its clock is wrong, but it lives");
  former.crash();
  storage.tabs = storage.tabs.filter((tab) => tab !== asleep);
  const given = clientIdLocks.acquire("name");
  await clock.advance(2000);
  assert.equal(typeof (await given), "function");
  assert.equal(storage.getItem("name:lease:question"), null);
});

test("of two tabs that find the same lease abandoned one gets it", async () => {
  const clock = new FakeClock();
  const storage = new SharedStorage();
  storage.setItem("name:lease", JSON.stringify({ holder: "gone", turn: 7, at: clock.now() - DAY }));
  const clientIdLocks = ["one", "two", "three"].map((holder) => leaseLocks(storage, { clock, holder, events: storage.tab() }));
  const answers = clientIdLocks.map((each) => each.acquire("name"));
  await clock.advance(3000);
  const given = (await Promise.all(answers)).filter((release) => release !== null);
  assert.equal(given.length, 1);
  await clock.advance(LONG);
  assert.equal(clock.pending, 1, "the others renew nothing");
});

test("a tab that was taken for dead does not take its lease back", async () => {
  const clock = new FakeClock();
  const storage = new MemoryStorage();
  const release = await leaseLocks(storage, { clock, holder: "one" }).acquire("name");
  storage.setItem("name:lease", JSON.stringify({ holder: "two", turn: 1, at: clock.now() }));
  await clock.advance(LONG);
  release();
  assert.equal(JSON.parse(storage.getItem("name:lease")).holder, "two");
});

for (const by of [DAY, -DAY, 400 * DAY]) {
  test(`what a tab left that crashed with its clock ${by / DAY} days off is sent, once`, async () => {
    const here = world({ content: "." });
    const storage = new MemoryStorage();
    const former = crashing(wrong(here.clock, by));
    const crashed = await opened(here, { storage, clock: former.clock });
    here.server.reachable = false;
    here.server.dropAll();
    await here.clock.advance(10);
    crashed.edit(insert(1, " left behind"));
    await here.clock.advance(500);
    former.crash();
    here.server.reachable = true;
    const next = await opened(here, { storage });
    await here.clock.advance(LONG);
    assert.deepEqual([here.server.content, next.content], [". left behind", ". left behind"]);
  });
}

test("a journal whose base was removed meanwhile is written whole again", async () => {
  const here = world({ content: "text" });
  const storage = new MemoryStorage();
  const editor = await opened(here, { storage });
  editor.edit(insert(4, "!"));
  await here.clock.advance(500);
  const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index));
  keys.filter((key) => !key.endsWith(":lease")).forEach((key) => storage.removeItem(key));
  here.server.reachable = false;
  here.server.dropAll();
  await here.clock.advance(10);
  editor.edit(insert(0, "my "));
  await here.clock.advance(500);
  editor.close();
  const after = await opened(here, { storage });
  assert.deepEqual([after.content, after.status.unsaved], ["my text!", 1]);
});
