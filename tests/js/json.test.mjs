import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { getType } from "../../static/js/collab/index.js";
import { seeded } from "./simulated/random.mjs";

const json = getType("json");
const vectors = JSON.parse(readFileSync(new URL("../ot/vectors/json.json", import.meta.url)));
// JSON has one zero.
const onTheWire = (value) => JSON.parse(JSON.stringify(value));
const EMOJI = "\u{1F600}";

test("every shared vector has the answer that Python gives", () => {
  for (const each of [...vectors.cases, ...vectors.names, ...vectors.mixed]) {
    const before = JSON.stringify(each);
    const { content, a, b, c } = each;
    assert.deepEqual(json.apply(content, a), each.applied_a);
    assert.deepEqual(json.apply(content, b), each.applied_b);
    assert.deepEqual(json.apply(each.applied_a, json.transform(b, a, "right")), each.merged);
    assert.deepEqual(json.apply(each.applied_b, json.transform(a, b, "left")), each.merged_other);
    assert.deepEqual(json.compose(a, c), each.compose);
    assert.deepEqual(json.transform(a, b, "left"), each.transform_left);
    assert.deepEqual(json.transform(b, a, "right"), each.transform_right);
    assert.deepEqual(onTheWire(json.invert(a, content)), each.invert_a);
    assert.deepEqual(json.normalize(a), a);
    assert.deepEqual(json.repair(content, a), a);
    assert.deepEqual(json.apply(each.applied_a, each.invert_a), content);
    assert.deepEqual(json.apply(content, json.difference(content, each.merged)), each.merged);
    assert.equal(JSON.stringify(each), before);
  }
});

test("what is no operation is refused with a TypeError", () => {
  // Lone surrogates in values are healed; not in keys, which name something.
  const isHealed = (operation) => /"(si|oi)":("|\[")\\ud/.test(JSON.stringify(operation));
  for (const operation of vectors.invalid) {
    if (isHealed(operation)) continue;
    assert.throws(() => json.check(operation), TypeError, JSON.stringify(operation));
  }
});

test("what JSON does not have is refused", () => {
  for (const value of [undefined, NaN, Infinity, new Date(0), () => 1, [, 1], { a: undefined }]) {
    assert.throws(() => json.check([{ p: ["a"], oi: value }]), TypeError);
  }
});

test("what does not fit the content is refused and changes nothing", () => {
  for (const { content, operation } of vectors.misfits) {
    const before = JSON.stringify(content);
    json.check(operation);
    for (const refused of [json.apply, (given) => json.invert(operation, given)]) {
      assert.throws(() => refused(content, operation), RangeError, JSON.stringify(operation));
    }
    assert.equal(JSON.stringify(content), before);
  }
});

test("what an operation leaves alone is shared by the content before and after it", () => {
  const content = { cards: [{ text: "a" }, { text: "b" }], people: { ada: 1 } };
  const after = json.apply(content, [{ p: ["cards", 1, "text", 1], si: "!" }, { p: ["cards", 1, "done"], oi: true }]);
  assert.deepEqual(after.cards[1], { text: "b!", done: true });
  assert.deepEqual(content.cards[1], { text: "b" });
  assert.equal(after.people, content.people);
  assert.equal(after.cards[0], content.cards[0]);
});

test("members may be named as what every object has", () => {
  const card = { constructor: 1, toString: "x" };
  const content = json.apply({}, [{ p: ["constructor"], oi: card }, { p: ["hasOwnProperty"], oi: 1 }]);
  const inside = [{ p: ["constructor", "valueOf"], oi: [] }, { p: ["constructor", "constructor"], na: 1 }];
  const gone = json.transform([{ p: ["constructor"], od: card }], inside, "right");
  assert.deepEqual(json.apply(json.apply(content, inside), gone), { hasOwnProperty: 1 });
  assert.throws(() => json.apply({}, [{ p: ["toString", "name"], oi: 1 }]), RangeError);
});

test("an operation and the content it made share nothing that its maker may change", () => {
  const card = { text: "a" };
  const repaired = json.repair({ cards: [] }, [{ p: ["cards", 0], li: card }]);
  card.text = "changed";
  assert.deepEqual(repaired, [{ p: ["cards", 0], li: { text: "a" } }]);
});

test("edits of a string that cut an emoji in half are widened to the whole emoji", () => {
  const other = "\u{1F601}";
  const halves = [{ p: ["a", 1], sd: EMOJI[1] }, { p: ["a", 1], si: other[1] }];
  const whole = [{ p: ["a", 0], sd: EMOJI }, { p: ["a", 0], si: other }];
  assert.deepEqual(json.repair({ a: EMOJI }, halves), whole);
  const values = json.repair({ a: "" }, [{ p: ["b"], oi: ["\ud83d"] }, { p: ["a", 0], si: "x\ude00" }]);
  assert.deepEqual(values, [{ p: ["b"], oi: ["\ufffd"] }, { p: ["a", 0], si: "x\ufffd" }]);
});

test("rounded sums are never made, not by composing either", () => {
  assert.deepEqual(json.compose([{ p: ["n"], na: 1 }], [{ p: ["n"], na: 2 }]), [{ p: ["n"], na: 3 }]);
  const tenths = [{ p: ["n"], na: 0.1 }];
  assert.deepEqual(json.compose(tenths, [{ p: ["n"], na: 0.2 }]), [...tenths, { p: ["n"], na: 0.2 }]);
  assert.throws(() => json.apply({ n: 0.1 }, [{ p: ["n"], na: 0.2 }]), RangeError);
});

test("a big operation is split into parts that compose to it", () => {
  const content = { cards: [], note: "0123456789", wide: "w" };
  const cards = Array.from({ length: 900 }, (_, index) => ({ p: ["cards", index], li: { text: `card ${index}` } }));
  const edits = Array.from({ length: 900 }, (_, index) => ({ p: index % 2 ? 0 : 1, i: "x" }));
  const big = json.normalize([
    ...cards,
    { p: ["note", 2], sd: "234" },
    { p: ["note", 2], si: `ä${EMOJI}\n`.repeat(3000) },
    { p: ["wide"], t: "text0", o: edits },
  ]);
  const parts = [];
  for (let [part, rest] = json.split(big, 5000); ; [part, rest] = json.split(rest, 5000)) {
    parts.push(part);
    if (!rest) break;
  }
  assert.ok(parts.length > 10);
  for (const part of parts) {
    assert.ok(Buffer.byteLength(JSON.stringify(part)) < 10_500);
    assert.ok(part.reduce((sum, { o }) => sum + (o?.length ?? 1), 0) <= 500);
    assert.doesNotThrow(() => json.check(part));
  }
  const end = parts.reduce((before, part) => json.apply(before, part), content);
  assert.deepEqual(end, json.apply(content, big));
});

test("a difference edits strings, members and items where they differ", () => {
  const before = { title: "To do", cards: [{ text: "one" }, { text: "two" }, { text: "three" }], old: 1 };
  const after = { title: "To-do", cards: [{ text: "one" }, { text: "three" }], new: null };
  assert.deepEqual(json.difference(before, after), [
    { p: ["old"], od: 1 },
    { p: ["title", 2], sd: " " },
    { p: ["title", 2], si: "-" },
    { p: ["cards", 1], ld: { text: "two" } },
    { p: ["new"], oi: null },
  ]);
});

test("random documents differ by what leads from one to the other", () => {
  const random = seeded(3);
  const below = (number) => Math.floor(random() * number);
  const value = (depth) => {
    const kind = below(depth > 0 ? 5 : 3);
    if (kind === 0) return [EMOJI, "\u{1F601}x", "", "abc"][below(4)];
    if (kind === 1) return [null, true, 0, 2.5][below(4)];
    if (kind === 2) return below(3);
    if (kind === 3) return Array.from({ length: below(4) }, () => value(depth - 1));
    return Object.fromEntries(Array.from({ length: below(3) }, () => [["a", "b", "0"][below(3)], value(depth - 1)]));
  };
  for (let round = 0; round < 2000; round += 1) {
    const [before, after] = [{ a: value(3) }, { a: value(3), b: value(2) }];
    const change = json.difference(before, after);
    json.check(change);
    assert.deepEqual(json.apply(before, change), after);
    assert.deepEqual(json.repair(before, change), change);
  }
});
