import assert from "node:assert/strict";
import { test } from "node:test";

import { MemoryStorage } from "./simulated/storage.mjs";

/** A page of its own: modules are loaded again for each. */
let pages = 0;
const open = () => import(`../../static/js/memory.js?page=${(pages += 1)}`);

const without = Object.getOwnPropertyDescriptor(globalThis, "navigator");
const setNavigator = (value) => Object.defineProperty(globalThis, "navigator", { value, configurable: true });

test("pages that begin at the same moment have the same user id, with Web Locks and without", async (t) => {
  // Node 20 has none.
  t.after(() => (without ? Object.defineProperty(globalThis, "navigator", without) : delete globalThis.navigator));
  let queue = Promise.resolve();
  const request = (_name, callback) => (queue = queue.then(callback));
  for (const locks of [{ request }, undefined]) {
    setNavigator({ locks });
    globalThis.localStorage = new MemoryStorage();
    const [one, other] = [await open(), await open()];
    // Neither sees what the other one has written yet.
    const { getItem } = localStorage;
    if (!locks) localStorage.getItem = () => null;
    const made = [one.recallOrMake("id", () => "one"), other.recallOrMake("id", () => "other")];
    localStorage.getItem = getItem;
    const [first, second] = await Promise.all(made);
    assert.equal(first, second);
    assert.equal(localStorage.getItem("id"), first);
    assert.equal(one.recall("id"), first);
  }
});
