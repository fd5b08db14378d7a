import assert from "node:assert/strict";
import { test } from "node:test";

import { returnAddress, signInAddress } from "../../static/js/session.js";
import { messageFor } from "../../static/js/page/banner.js";
import { textOf } from "../../static/js/page/save_state.js";
import { insert } from "../../static/js/collab/index.js";
import { opened, world } from "./simulated/world.mjs";

const base = new URL("https://docs.example/collab/");
const here = new URL("https://docs.example/collab/documents/notes?link=a.b#end");

test("the way to the sign-in holds the way back", () => {
  const at = (loginUrl) => signInAddress({ login_url: loginUrl }, base, here)?.href ?? null;
  const path = encodeURIComponent("/collab/documents/notes?link=a.b#end");
  assert.equal(at("sign-in"), `https://docs.example/collab/sign-in?next=${path}`);
  assert.equal(at("/login?theme=dark"), `https://docs.example/login?theme=dark&next=${path}`);
  const whole = encodeURIComponent(here.href);
  assert.equal(at("https://login.example/"), `https://login.example/?next=${whole}`);
  assert.equal(at(null), null);
});

test("the way back leads to this host only", () => {
  const back = (next) => returnAddress(next, base).href;
  assert.equal(back("/collab/documents/notes?link=a.b#end"), here.href);
  assert.equal(back("documents/x"), "https://docs.example/collab/documents/x");
  for (const next of [
    null, "", "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "http://docs.example/",
    "https://docs.example:444/", "https://docs.example@evil.example/", "javascript:alert(1)", "java\nscript:alert(1)",
    "data:text/html,x", "blob:https://docs.example/1", "https://", "\u0000//evil.example",
  ]) {
    const address = new URL(back(next));
    assert.equal(address.origin, base.origin, next);
    assert.equal(address.protocol, base.protocol, next);
  }
});

test("a page that is not let in says why, and what becomes of the work", () => {
  const status = (code, more = {}) => ({
    state: "failed", unsaved: 0, delay: "none", connected: false, localCopy: true, error: { code, advice: "Why.", signIn: "/in" }, ...more,
  });
  const message = (...given) => {
    const { text, actions } = messageFor({ status: status(...given), rescued: null, content: "" });
    return [text, actions.map(([label]) => label)];
  };
  assert.deepEqual(message("unauthorized"), ["Why.", ["Sign in"]]);
  assert.deepEqual(message("no_access"), ["Why.", ["Sign in as somebody else"]]);
  const [text, actions] = message("unauthorized", { unsaved: 2 });
  assert.match(text, /2 changes not saved: kept on this device/);
  assert.deepEqual(actions, ["Sign in", "Copy my text"]);
  assert.match(message("unauthorized", { unsaved: 1, localCopy: false })[0], /leave this page open/);
  const another = { code: "another_user", advice: "You are signed in as Bob now." };
  assert.deepEqual(message("another_user", { error: another })[1], ["Go on as this user"]);
  assert.equal(textOf(status("unauthorized")), "Not signed in");
  assert.equal(textOf(status("no_access")), "No access");
});

test("what one has left unsaved is not sent as another user", async () => {
  const here = world();
  const editor = await opened(here, { signedInAs: "u" });
  here.server.reachable = false;
  here.server.dropAll();
  editor.edit(insert(0, "mine"));
  here.server.userId = "somebody else";
  here.server.reachable = true;
  await here.clock.advance(60_000);
  assert.equal(here.server.history.length, 0);
  assert.deepEqual([editor.status.state, editor.status.error.code], ["failed", "another_user"]);
  assert.equal(editor.content, "mine");
  here.server.userId = "u";
  await here.clock.advance(60_000);
  assert.equal(here.server.content, "mine");
  assert.deepEqual([editor.status.state, editor.status.error], ["saved", null]);
});

test("a denial is told, holds up no attempt, and ends with the next connection", async () => {
  const here = world();
  const editor = await opened(here);
  const told = [];
  editor.on("disconnected", ({ wasJoined }) => {
    told.push(wasJoined);
    if (!wasJoined) editor.deny({ code: "unauthorized", message: "" });
  });
  here.server.reachable = false;
  here.server.dropAll();
  editor.edit(insert(0, "kept"));
  await here.clock.advance(20_000);
  assert.equal(told[0], true);
  assert.ok(told.length > 1 && told.slice(1).every((each) => !each));
  assert.deepEqual([editor.status.state, editor.status.unsaved], ["failed", 1]);
  assert.equal(editor.status.error.advice, "You are not signed in.");
  assert.ok(editor.mayEdit);
  here.server.reachable = true;
  await here.clock.advance(60_000);
  assert.deepEqual([editor.status.state, here.server.content], ["saved", "kept"]);
  editor.deny({ code: "unauthorized", message: "" });
  assert.equal(editor.status.state, "saved");
});
