import assert from "node:assert/strict";
import { test } from "node:test";

import * as items from "../../static/js/board/items.js";
import { getType } from "../../static/js/collab/index.js";

const json = getType("json");
const after = (content, ...operations) => operations.reduce((now, operation) => json.apply(now, operation), content);
const order = (content) => items.itemsOf(content).map(({ id }) => id);
const three = ["a", "b", "c"].reduce((now, id) => json.apply(now, items.add(now, id, id)), {});

/** Both made on `content` at once, the first committed first. */
const both = (content, first, second) => after(content, first, json.transform(second, first, "right"));

test("items are added at the end, in an order of their own", () => {
  assert.deepEqual(order(three), ["a", "b", "c"]);
  assert.deepEqual(items.itemsOf(three)[0], { id: "a", text: "a", done: false, count: 0, at: "a0" });
});

test("the first items of two people on an empty board are both kept", () => {
  const content = both({}, items.add({}, "x", "milk"), items.add({}, "y", "bread"));
  assert.deepEqual(order(content), ["x", "y"]);
});

test("an item is moved before another and to the end", () => {
  assert.deepEqual(order(after(three, items.move(three, "c", "a"))), ["c", "a", "b"]);
  assert.deepEqual(order(after(three, items.move(three, "a", null))), ["b", "c", "a"]);
  assert.deepEqual(order(after(three, items.move(three, "a", "c"))), ["b", "a", "c"]);
});

test("items of one place can be parted and moved", () => {
  const twins = both({}, items.add({}, "x", ""), items.add({}, "y", ""));
  const content = after(twins, items.add(twins, "z", ""));
  assert.deepEqual(order(after(content, items.move(content, "z", "x"))), ["z", "x", "y"]);
  assert.deepEqual(order(after(content, items.move(content, "z", "y"))), ["x", "z", "y"]);
});

test("keys that another program made are no fault", () => {
  const strange = { x: { text: "", at: "1" }, y: { text: "", at: "2" } };
  const content = after(strange, items.add(strange, "z", "new"));
  assert.deepEqual(order(content), ["x", "y", "z"]);
  assert.deepEqual(order(after(strange, items.move(strange, "y", "x"))), ["y", "x"]);
});

test("an item that is to stand before one that is gone stays where it is", () => {
  assert.deepEqual(items.move(three, "a", "gone"), []);
});

test("what two people do to one item goes together", () => {
  const pressed = both(three, items.count(three, "a", 1), items.count(three, "a", 1));
  assert.equal(items.itemsOf(pressed)[0].count, 2);
  const written = both(three, items.write(three, "a", "xa"), items.write(three, "a", "ay"));
  assert.equal(written.a.text, "xay");
  const gone = both(three, items.remove(three, "a"), items.tick(three, "a", true));
  assert.deepEqual(order(gone), ["b", "c"]);
});

test("a text is edited where it differs, and no emoji is cut", () => {
  const content = after({}, items.add({}, "a", "one 😀 three"));
  const operation = items.write(content, "a", "one 😁 three");
  assert.deepEqual(operation, [{ p: ["a", "text", 4], sd: "😀" }, { p: ["a", "text", 4], si: "😁" }]);
  assert.equal(after(content, operation).a.text, "one 😁 three");
});

test("a caret stays among its words", () => {
  const edit = (o) => [{ p: ["a", "text"], t: "text0", o }];
  assert.equal(items.caretAfter(3, [{ p: ["a", "text", 0], si: "xy" }], "a"), 5);
  assert.equal(items.caretAfter(3, [{ p: ["a", "text", 3], si: "xy" }], "a"), 3);
  assert.equal(items.caretAfter(3, [{ p: ["a", "text", 1], sd: "bcde" }], "a"), 1);
  assert.equal(items.caretAfter(3, edit([{ p: 0, i: "x" }, { p: 2, d: "y" }]), "a"), 3);
  assert.equal(items.caretAfter(3, [{ p: ["b", "text", 0], si: "xy" }], "a"), 3);
});

test("what is no item is told apart and left alone", () => {
  assert.deepEqual(items.itemsOf({ note: 1, a: { text: "x", at: "a0" } }).map(({ id }) => id), ["a"]);
  assert.ok(items.hasOthers({ note: 1 }));
  assert.ok(!items.hasOthers(three));
  for (const content of [[], "x", 7, null]) assert.ok(items.hasOthers(content));
  for (const content of [[], "x", 7, null]) assert.deepEqual([items.itemsOf(content), items.canHold(content)], [[], false]);
  const without = { a: { text: "x", at: "a0" } };
  assert.equal(items.itemsOf(after(without, items.count(without, "a", 2)))[0].count, 2);
  assert.equal(items.itemsOf(after(without, items.tick(without, "a", true)))[0].done, true);
});

test("a board can be copied out as text", () => {
  const content = after(three, items.tick(three, "b", true));
  assert.equal(items.plain(after(content, items.count(content, "c", 3))), "- [ ] a\n- [x] b\n- [ ] c (3)");
});
