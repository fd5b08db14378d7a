/** Names that every JavaScript object has a member of are names like others. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { getType } from "../../static/js/collab/index.js";
import { seeded } from "./simulated/random.mjs";
import { opened, world } from "./simulated/world.mjs";

const inherited = Object.getOwnPropertyNames(Object.prototype).filter((name) => name !== "__proto__");
const NAMES = [...inherited, "__wrapped__", "length", "toJSON", "then"];

const renamedBy = (names) => (value) => JSON.parse(JSON.stringify(value).replace(/"key (\d+)"/g, (_, index) => JSON.stringify(names[index])));

/** A type, and the same questions under harmless names and under others. */
const TYPES = {
  richtext(below, key) {
    const attributes = () => [undefined, { [key()]: below(2) }, { [key()]: "x", [key()]: true }][below(3)];
    const removed = () => [undefined, { [key()]: null }, { [key()]: 1, [key()]: null }][below(3)];
    const inserted = () => ({ insert: below(3) ? "abc" : { [key()]: 1 }, attributes: attributes() });
    const change = () => [{ retain: 1 + below(2), attributes: removed() }, { delete: 1 }, inserted()][below(3)];
    const type = getType("richtext");
    const operation = () => type.normalize({ ops: [{ retain: below(2) }, change(), change(), change()] });
    return [type.normalize({ ops: [inserted(), inserted(), { insert: "defghi" }] }), operation(), operation()];
  },
  json(below, key) {
    const value = () => [1, "x", { [key()]: 2 }, [{ [key()]: "y" }]][below(4)];
    const content = Object.fromEntries(["key 0", "key 1", "key 2"].slice(0, 1 + below(3)).map((name) => [name, value()]));
    const type = getType("json");
    const operation = () => {
      const after = structuredClone(content);
      if (below(2)) after[key()] = value();
      delete after[key()];
      after[key()] = { [key()]: value() };
      return type.difference(content, after);
    };
    return [content, operation(), operation()];
  },
};

for (const [docType, made] of Object.entries(TYPES)) {
  test(`operations on ${docType} do the same whatever its names are`, () => {
    const type = getType(docType);
    const random = seeded(11);
    const below = (number) => Math.floor(random() * number);
    const ask = (content, a, b) => {
      type.check(a);
      const [one, other] = [type.apply(content, a), type.apply(content, b)];
      const [left, right] = [type.transform(a, b, "left"), type.transform(b, a, "right")];
      return {
        one, other, left, right,
        repaired: type.repair(content, a),
        merged: type.apply(one, right),
        composed: type.compose(a, right),
        inverse: type.invert(a, content),
        difference: type.difference(one, other),
        back: type.apply(one, type.invert(a, content)),
        equal: type.equals(one, other),
        split: type.split(a, 40),
      };
    };
    for (let round = 0; round < 600; round += 1) {
      const names = Array.from({ length: 4 }, (_, index) => NAMES[(round + index * (1 + below(3))) % NAMES.length]);
      if (new Set(names).size < 4) continue;
      const renamed = renamedBy(names);
      const given = made(below, () => `key ${below(4)}`);
      assert.deepEqual(ask(...renamed(given)), renamed(ask(...given)), `round ${round}: ${names}`);
    }
  });
}

test("a format of such a name reaches everybody, and goes again", async () => {
  for (const name of NAMES) {
    const here = world({ docType: "richtext", content: { ops: [{ insert: "abc\n" }] } });
    const [one, two] = [await opened(here), await opened(here)];
    one.edit({ ops: [{ retain: 1, attributes: { [name]: "x", bold: true } }] });
    await here.clock.advance(50);
    two.edit({ ops: [{ retain: 2, attributes: { italic: true } }] });
    await here.clock.advance(50);
    const formatted = { ops: [{ insert: "a", attributes: { [name]: "x", bold: true, italic: true } }, { insert: "b", attributes: { italic: true } }, { insert: "c\n" }] };
    assert.deepEqual([one.content, two.content, here.server.content], [formatted, formatted, formatted], name);
    two.edit({ ops: [{ retain: 1, attributes: { [name]: null, bold: null } }, { retain: 1, attributes: { italic: null } }] });
    await here.clock.advance(50);
    const plain = { ops: [{ insert: "a", attributes: { italic: true } }, { insert: "bc\n" }] };
    assert.deepEqual([one.content, two.content], [plain, plain], name);
  }
});

test("people, types and answers may have such names", async () => {
  for (const name of NAMES) {
    const here = world();
    const editor = await opened(here, { clientId: name });
    const other = await opened(here);
    const seen = [];
    other.on("presence", ({ client_id: clientId, cursor }) => seen.push([clientId, cursor]));
    editor.edit({ ops: [{ insert: name }] });
    editor.setCursor({ anchor: 0, head: 0 });
    await here.clock.advance(500);
    assert.deepEqual([editor.status.state, other.content, seen], ["saved", name, [[name, { anchor: 0, head: 0 }]]]);
    assert.throws(() => getType(name), /no type/);
    const errors = [];
    editor.on("error", ({ advice }) => errors.push(advice));
    here.server.connections.get(name).push({ type: "error", code: name, message: "of the host" });
    await here.clock.advance(10);
    assert.deepEqual(errors, ["of the host"]);
  }
});
