import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Emitter } from "../../static/js/collab/events.js";
import { bindAccess } from "../../static/js/page/access.js";
import { isSignedInAs, lastOwner, rememberSession, rememberSignedIn } from "../../static/js/session.js";
import { MemoryStorage } from "./simulated/storage.mjs";

let listeners;

beforeEach(() => {
  listeners = [];
  globalThis.addEventListener = (event, listener) => listeners.push([event, listener]);
  globalThis.localStorage = new MemoryStorage();
});

/** As the browser does in the other tabs. */
function hear(key) {
  for (const [event, listener] of listeners) if (event === "storage") listener({ key });
}

function page() {
  const shared = new Emitter();
  let attempts = 0;
  Object.assign(shared, { docId: "d", connectNow: () => (attempts += 1), deny: () => {} });
  const api = { session: async () => ({ mode: "open" }) };
  bindAccess(shared, api, new URL("http://server/"), "ann");
  return { shared, attempts: () => attempts };
}

test("a page connects at once when somebody signs in in another tab, the same user too", () => {
  const { shared, attempts } = page();
  const written = [];
  localStorage.setItem = (key, value) => written.push(key) && MemoryStorage.prototype.setItem.call(localStorage, key, value);
  rememberSignedIn({ user_id: "ann" });
  hear(written.at(-1));
  assert.equal(attempts(), 1);
  // The attempt before was still under way, as the user of before.
  shared.emit("disconnected", { code: 1006, wasJoined: false });
  assert.equal(attempts(), 2);
  shared.emit("disconnected", { code: 1006, wasJoined: false });
  assert.equal(attempts(), 2, "from then on it waits between two attempts");
  hear("collab-theme");
  assert.equal(attempts(), 2);
});

test("what another tab's sign-in has changed is known, whatever this page remembers", () => {
  rememberSignedIn({ user_id: "ann" });
  assert.equal(isSignedInAs("ann"), true);
  localStorage.setItem("collab-signed-in", "bob");
  assert.equal(isSignedInAs("ann"), false);
});

test("whose page it is, is known without asking where a page of this application has found it out", () => {
  const [base, other] = [new URL("http://server/"), new URL("http://server/other/")];
  assert.equal(lastOwner(base), null);
  rememberSession({ mode: "token", user: null }, base);
  assert.equal(lastOwner(base), null, "nobody has signed in");
  rememberSession({ mode: "token", user: { user_id: "ann" } }, base);
  assert.deepEqual(lastOwner(base), { isOpen: false, userId: "ann" });
  assert.equal(lastOwner(other), null);
  rememberSession({ mode: "open", user: null }, base);
  assert.deepEqual(lastOwner(base), { isOpen: true, userId: null });
});

test("what the device does not keep is not known to the next page", () => {
  const base = new URL("http://server/");
  globalThis.localStorage = new MemoryStorage(10);
  rememberSession({ mode: "token", user: { user_id: "ann" } }, base);
  assert.equal(lastOwner(base), null);
});
