import assert from "node:assert/strict";
import { test } from "node:test";

import { insert } from "../../static/js/collab/index.js";
import { MemoryStorage } from "./simulated/storage.mjs";
import { opened, world } from "./simulated/world.mjs";

/** Type a word, a letter at a time, where the caret is. */
const type = (editor, word, from = 0) => [...word].forEach((letter, index) => editor.edit(insert(from + index, letter)));

const CONTENT = { text: "", richtext: { ops: [{ insert: "\n" }] } };
const textOf = (content) => (typeof content === "string" ? content : content.ops.map((op) => op.insert).join("").trimEnd());

for (const docType of ["text", "richtext"]) {
  test(`words typed at one place by two who lost their connections stay whole: ${docType}`, async () => {
    for (const isStored of [true, false]) {
      for (const first of [0, 1]) {
        const here = world({ docType, content: CONTENT[docType] });
        const editors = [await opened(here), await opened(here)];
        // The first letters are on their way when the connections die, and may have come.
        here.server.commitDelay = 10;
        type(editors[0], "t");
        type(editors[1], "t");
        if (isStored) await here.clock.advance(5);
        assert.equal(here.server.version, isStored ? 2 : 0);
        here.server.reachable = false;
        here.server.dropAll();
        type(editors[0], "abA ", 1);
        type(editors[1], "abB ", 1);
        await here.clock.advance(1000);
        here.server.reachable = true;
        editors[first].connectNow();
        await here.clock.advance(first);
        editors[1 - first].connectNow();
        await here.clock.advance(60_000);
        const [one, other] = editors.map(({ content }) => textOf(content));
        assert.equal(one, other);
        assert.equal(textOf(here.server.content).trimEnd(), one.trimEnd());
        assert.ok(["tabA tabB", "tabB tabA"].includes(one.trim()), `${docType} ${isStored} ${first}: ${one}`);
        for (const { status } of editors) assert.equal(status.state, "saved");
        editors.forEach((editor) => editor.close());
      }
    }
  });
}

test("a word goes on behind its letters that were saved before others wrote there", async () => {
  const here = world();
  const [one, other] = [await opened(here), await opened(here)];
  type(one, "t");
  await here.clock.advance(100);
  here.server.reachable = false;
  here.server.connections.get(one.clientId).end(1006);
  await here.clock.advance(1);
  type(other, "tabB ", 1);
  type(one, "abA ", 1);
  await here.clock.advance(1000);
  here.server.reachable = true;
  await here.clock.advance(60_000);
  assert.equal(one.content, "tabA tabB ");
  assert.equal(other.content, one.content);
});

test("a word goes on after the page was closed offline and opened again", async () => {
  const here = world();
  const storage = new MemoryStorage();
  const clientIdLocks = { acquire: async () => () => {} };
  const [one, other] = [await opened(here, { storage, clientIdLocks }), await opened(here)];
  type(one, "t");
  await here.clock.advance(100);
  here.server.reachable = false;
  here.server.connections.get(one.clientId).end(1006);
  await here.clock.advance(1);
  type(other, "tabB ", 1);
  type(one, "abA ", 1);
  one.close();
  await here.clock.advance(1000);
  here.server.reachable = true;
  const again = await opened(here, { storage, clientIdLocks });
  await here.clock.advance(60_000);
  assert.equal(again.content, "tabA tabB ");
});
