/** The content that an editor shows: made in drafts, and never changed once it was given out. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { UndoManager, getType, registerType } from "../../static/js/collab/index.js";
import { Session } from "../../static/js/collab/session.js";
import { seeded } from "./simulated/random.mjs";
import { opened, world } from "./simulated/world.mjs";

const json = getType("json");
const put = (key, value) => [{ p: [key], oi: value }];

/** json under another name, which counts how often a content may have been copied. */
function counted(name) {
  const work = { copies: 0 };
  const counting = (make) => (...given) => {
    work.copies += 1;
    return make(...given);
  };
  const { apply, repair, invert, draft } = json;
  const made = Object.fromEntries(Object.entries({ apply, repair, invert, draft }).map(([key, make]) => [key, counting(make)]));
  registerType({ ...json, ...made, name });
  return work;
}

test("a wide object is not copied for each of many edits, nor for undoing them", async () => {
  const work = counted("wide");
  const here = world({ docType: "wide", content: {} });
  const editor = await opened(here);
  const history = new UndoManager(editor, { clock: here.clock });
  here.server.commitDelay = 1000;
  work.copies = 0;
  for (let index = 0; index < 2000; index += 1) editor.edit(put(`key ${index}`, index));
  assert.ok(work.copies < 50, `${work.copies} copies`);
  history.undo();
  assert.deepEqual(editor.content, {});
  editor.close();
});

test("the changes of others do not copy a wide object each", () => {
  const work = counted("wide for others");
  const session = new Session(getType("wide for others"), { epoch: "e" });
  work.copies = 0;
  for (let index = 0; index < 2000; index += 1) session.receive(put(`key ${index}`, index), index + 1);
  assert.ok(work.copies < 50, `${work.copies} copies`);
  assert.equal(Object.keys(session.content).length, 2000);
});

test("what was given out stays as it was, and each moment is found again", () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const random = seeded(seed);
    const session = new Session(json, { content: { list: [{ text: "a" }], number: 1 } });
    const kept = [];
    let content = session.content;
    for (let step = 0; step < 1200; step += 1) {
      const write = JSON.stringify(content);
      if (random() < 0.02) {
        const given = session.content;
        kept.push([() => given, write]);
      }
      if (random() < 0.3) kept.push([session.moment(), write]);
      const operation = change(random, content);
      if (random() < 0.05) {
        // The second half does not fit: nothing of it is to be seen.
        assert.throws(() => session.repair([...operation, { p: ["number"], od: "wrong" }]), RangeError);
      }
      if (random() < 0.5) session.repair(operation);
      else session.edit(operation);
      content = json.apply(content, operation);
      if (random() < 0.1) assert.deepEqual(session.content, content);
      const [now] = kept.at(-1) ?? [];
      if (random() < 0.1 && now) now();
    }
    assert.deepEqual(session.content, content);
    for (const [moment, before] of kept) assert.equal(JSON.stringify(moment()), before);
  }
});

function change(random, content) {
  const { list, number } = content;
  const at = Math.floor(random() * list.length);
  const kind = Math.floor(random() * 5);
  if (kind === 0 && list.length < 8) return [{ p: ["list", at], li: { text: "b" } }];
  if (kind === 1 && list.length > 1) return [{ p: ["list", at], ld: list[at] }];
  if (kind === 2 && list.length > 1) return [{ p: ["list", at], lm: list.length - 1 }];
  if (kind === 3) return [{ p: ["number"], od: number, oi: number + 1 }];
  return [{ p: ["list", at, "text", 0], si: "c" }];
}

test("a listener that asks for the content before a change gets it, then and later", async () => {
  const here = world({ docType: "json", content: { a: 1 } });
  const [ann, bob] = [await opened(here), await opened(here)];
  const changes = [];
  bob.on("change", (event) => changes.push([event, event.before]));
  bob.edit(put("b", 2));
  ann.edit(put("c", 3));
  await here.clock.advance(1000);
  bob.edit([{ p: ["a"], od: 1, oi: "one" }]);
  const expected = [{ a: 1 }, { a: 1, b: 2 }, { a: 1, b: 2, c: 3 }];
  assert.deepEqual(changes.map(([, before]) => before), expected);
  assert.deepEqual(changes.map(([event]) => event.before), expected);
  assert.deepEqual(bob.content, { a: "one", b: 2, c: 3 });
});

/** The least of a few runs, in microseconds of the processor. */
function cost(work) {
  const costs = [1, 2, 3].map(() => {
    const begun = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(begun);
    return user + system;
  });
  return Math.min(...costs);
}

const ROWS = {
  "edits of one string, each a component": (index) => ({ p: ["s"], t: "text0", o: [{ p: 2 * index, i: "x" }] }),
  "what is typed behind a long text": (index) => ({ p: ["s", 200_000 + index], si: "x" }),
};

for (const [name, component] of Object.entries(ROWS)) {
  test(`composing ${name} takes a time that their number allows`, () => {
    const first = [{ p: ["s", 0], si: "y".repeat(200_000) }];
    const [fewer, more] = [1000, 8000].map((number) => {
      const row = Array.from({ length: number }, (_, index) => component(index));
      return cost(() => json.compose(first, row));
    });
    assert.ok(more < 30 * fewer + 20_000, `eight times as many took ${more} µs instead of ${fewer}`);
  });
}

test("composing changes neither of the two, however much is joined", () => {
  const row = (from) => Array.from({ length: 3 }, (_, index) => ({ p: ["s"], t: "text0", o: [{ p: from + 2 * index, i: "x" }] }));
  const [first, second, third] = [json.normalize(row(0)), json.normalize(row(10)), row(20)];
  const before = JSON.stringify([first, second, third]);
  const once = json.compose(first, second);
  const text = JSON.stringify(once);
  json.compose(once, third);
  json.compose(once, once);
  assert.equal(JSON.stringify([first, second, third]), before);
  assert.equal(JSON.stringify(once), text);
});
