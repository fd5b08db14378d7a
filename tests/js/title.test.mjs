import assert from "node:assert/strict";
import { test } from "node:test";

import { KeptTitle } from "../../static/js/page/kept_title.js";
import { TitleSender } from "../../static/js/page/title_sender.js";
import { FakeClock, settled } from "./simulated/clock.mjs";
import { MemoryStorage } from "./simulated/storage.mjs";

/** A server that has one title, and a page on it. */
function start({ storage = new MemoryStorage(), title = "before", here = { title, sent: [] }, clock = new FakeClock() } = {}) {
  const page = { connected: true, parts: [], stored: [] };
  const kept = new KeptTitle(storage, "s");
  const sender = new TitleSender({
    clock,
    kept,
    random: () => 0.99,
    load: async () => here.title,
    send: async (wanted) => {
      here.sent.push(wanted);
      if (here.refuse) throw here.refuse(wanted);
      here.title = wanted;
    },
    maySend: () => page.connected,
    onChange: () => page.parts.push(sender.part),
    onStored: (stored) => page.stored.push(stored),
  });
  return { storage, here, clock, page, sender, kept };
}

const refusal = (status) => (title) => Object.assign(new Error(`not ${title}`), { status });

test("a title counts as unsaved from its first key until it is stored", async () => {
  const { here, clock, sender, kept, page } = start();
  await sender.start();
  assert.equal(sender.part, null);
  sender.enter("a");
  sender.enter("after");
  assert.deepEqual([sender.part.unsaved, sender.part.localCopy, kept.read().title], [1, true, "after"]);
  await clock.advance(699);
  assert.deepEqual(here.sent, []);
  await clock.advance(1);
  assert.deepEqual([here.sent, sender.part, kept.read(), page.stored], [["after"], null, null, ["after"]]);
});

test("typing the stored title again leaves nothing to send", async () => {
  const { here, clock, sender, kept } = start();
  await sender.start();
  sender.enter("x");
  sender.enter("before");
  assert.deepEqual([sender.part, kept.read()], [null, null]);
  await clock.advance(60_000);
  assert.deepEqual(here.sent, []);
});

for (const status of [undefined, 408, 429, 500, 503]) {
  test(`after ${status ?? "no answer"} a title is tried again until it is stored`, async () => {
    const { here, clock, sender } = start();
    await sender.start();
    here.refuse = refusal(status);
    sender.enter("after");
    await clock.advance(30_000);
    assert.ok(here.sent.length > 3 && here.sent.length < 20, `${here.sent.length} attempts`);
    assert.deepEqual([sender.part.unsaved, sender.part.error], [1, null]);
    here.refuse = null;
    await clock.advance(10_000);
    assert.deepEqual([here.title, sender.part], ["after", null]);
  });
}

for (const status of [400, 413, 422]) {
  test(`${status} is said with the server's reason, and the title is not sent again before it changes`, async () => {
    const { here, clock, sender, kept, page } = start();
    await sender.start();
    here.refuse = refusal(status);
    sender.enter("bad");
    await clock.advance(60_000);
    page.connected = false;
    page.connected = true;
    await sender.refresh();
    await clock.advance(60_000);
    assert.deepEqual(here.sent, ["bad"]);
    assert.match(sender.part.error.advice, /“bad” is not stored: not bad\./);
    assert.equal(kept.read().title, "bad");
    here.refuse = null;
    sender.enter("good");
    assert.equal(sender.part.error, null);
    await clock.advance(1000);
    assert.deepEqual([here.title, sender.part], ["good", null]);
  });
}

test("what another sign-in may allow is tried again with the next connection", async () => {
  const { here, clock, sender } = start();
  await sender.start();
  here.refuse = refusal(401);
  sender.enter("after");
  await clock.advance(60_000);
  assert.deepEqual(here.sent, ["after"]);
  here.refuse = null;
  await sender.refresh();
  assert.deepEqual([here.title, sender.part], ["after", null]);
});

test("without a connection a title waits, and goes out with the next", async () => {
  const { here, clock, sender, page } = start();
  await sender.start();
  page.connected = false;
  sender.enter("after");
  await clock.advance(60_000);
  assert.deepEqual(here.sent, []);
  page.connected = true;
  await sender.refresh();
  assert.equal(here.title, "after");
});

test("a refused title can be given up, or sent once more", async () => {
  const { here, clock, sender, kept } = start();
  await sender.start();
  here.refuse = refusal(403);
  sender.enter("after");
  await clock.advance(1000);
  sender.part.retry();
  await settled();
  assert.deepEqual(here.sent, ["after", "after"]);
  sender.part.giveUp();
  assert.deepEqual([sender.part, kept.read(), sender.stored], [null, null, "before"]);
});

test("what is typed while a title is on its way follows it", async () => {
  const { here, clock, sender } = start();
  await sender.start();
  let answer;
  sender.send = (title) => new Promise((resolve) => (answer = () => resolve((here.title = title))));
  sender.enter("one");
  await clock.advance(700);
  sender.enter("one two");
  await clock.advance(5000);
  answer();
  await clock.advance(0);
  assert.equal(sender.part.unsaved, 1);
  await clock.advance(10);
  answer();
  await settled();
  assert.deepEqual([here.title, sender.part], ["one two", null]);
});

test("the next page sends what the one before had no time for", async () => {
  const former = start();
  await former.sender.start();
  former.sender.enter("typed at the end");
  const { here, sender, kept } = start({ storage: former.storage, here: former.here });
  await sender.start();
  assert.deepEqual([here.title, sender.part, kept.read()], ["typed at the end", null, null]);
});

test("a title that got through without an answer is not taken for somebody else's", async () => {
  const former = start();
  await former.sender.start();
  former.sender.send = async (title) => {
    former.here.title = title;
    throw new Error("no answer");
  };
  former.sender.enter("one");
  await former.clock.advance(700);
  former.sender.enter("one two");
  const { here, sender } = start({ storage: former.storage, here: former.here });
  await sender.start();
  assert.deepEqual([here.title, sender.part], ["one two", null]);
});

test("a title that was typed before the stored one was known is sent by the next page if there was none", async () => {
  for (const [title, code] of [["", undefined], ["theirs", "title_changed"]]) {
    const former = start({ title });
    former.sender.enter("typed at once");
    const { here, sender } = start({ storage: former.storage, here: former.here });
    await sender.start();
    assert.deepEqual([here.title, sender.part?.error.code], [code ? title : "typed at once", code]);
  }
  const late = start();
  late.sender.enter("typed at once");
  late.page.connected = false;
  await late.sender.start();
  late.here.title = "theirs";
  const next = start({ storage: late.storage, here: late.here });
  await next.sender.start();
  assert.equal(next.sender.part.error.code, "title_changed", "once it was known");
});

test("a title left behind does not overwrite a newer one of somebody else without asking", async () => {
  const former = start();
  await former.sender.start();
  former.sender.enter("mine");
  former.here.title = "theirs";
  const { here, sender, kept, storage, clock } = start({ storage: former.storage, here: former.here });
  await sender.start();
  await clock.advance(60_000);
  assert.deepEqual([here.sent, sender.wanted], [[], "mine"]);
  assert.match(sender.part.error.advice, /is “theirs” on the server now. Yours, “mine”/);
  const another = start({ storage, here });
  await another.sender.start();
  another.sender.part.giveUp();
  assert.equal(kept.read(), null);
  sender.part.retry();
  await settled();
  assert.deepEqual([here.title, sender.part], ["mine", null]);
});

test("tabs share what is not stored yet: the newest is meant, and stored once for all", async () => {
  const one = start();
  const other = start({ storage: one.storage, here: one.here, clock: one.clock });
  await Promise.all([one.sender.start(), other.sender.start()]);
  one.page.connected = other.page.connected = false;
  one.sender.enter("first");
  other.sender.otherTab(one.kept.read(), null);
  other.sender.enter("second");
  one.sender.otherTab(one.kept.read(), { title: "first", bases: [] });
  assert.deepEqual([one.sender.wanted, other.sender.wanted], ["second", "second"]);
  one.page.connected = other.page.connected = true;
  await one.sender.refresh();
  other.sender.otherTab(null, { title: "second", bases: [] });
  await settled();
  assert.deepEqual([one.here.title, one.sender.part, other.sender.part], ["second", null, null]);
  assert.deepEqual(one.here.sent, ["second"]);
});

test("without a storage, or room in it, a title is said to be only here, and sent all the same", async () => {
  for (const storage of [null, new MemoryStorage(0)]) {
    const { here, clock, sender } = start({ storage });
    await sender.start();
    sender.enter("after");
    assert.equal(sender.part.localCopy, false);
    await clock.advance(1000);
    assert.deepEqual([here.title, sender.part], ["after", null]);
  }
});
