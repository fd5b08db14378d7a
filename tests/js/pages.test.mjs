import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { cleanName } from "../../static/js/identity.js";
import { relativeTime } from "../../static/js/relative_time.js";
import { messageFor } from "../../static/js/page/banner.js";
import { initials } from "../../static/js/page/people.js";
import { textOf } from "../../static/js/page/save_state.js";

const root = new URL("../../static/", import.meta.url);
const saved = { state: "saved", unsaved: 0, delay: "none", connected: true, localCopy: true, error: null };

test("relative times are as people say them", () => {
  const now = Date.UTC(2030, 0, 15, 12);
  const ago = (seconds) => relativeTime(new Date(now - seconds * 1000), now, "en");
  assert.equal(ago(3), "just now");
  assert.equal(ago(-60), "just now");
  assert.equal(ago(61), "1 minute ago");
  assert.equal(ago(3 * 3600 + 5), "3 hours ago");
  assert.equal(ago(86_400), "yesterday");
  assert.equal(ago(15 * 86_400), "2 weeks ago");
  assert.equal(ago(400 * 86_400), "last year");
});

test("initials are whole characters", () => {
  assert.deepEqual(["Ada Lovelace", "ñandú", "👩‍👩‍👧 Zoë", "  "].map(initials), ["AL", "Ñ", "👩‍👩‍👧Z", "?"]);
});

test("a name is made printable and no longer than the server takes", () => {
  assert.equal(cleanName("  Ada\u0000\n  Lovelace "), "Ada Lovelace");
  assert.equal([...cleanName("\u{1F600}".repeat(200))].length, 100);
});

test("the save state in words", () => {
  assert.equal(textOf(saved), "Saved");
  assert.equal(textOf({ ...saved, state: "saving", unsaved: 1 }), "Saving…");
  assert.equal(textOf({ ...saved, state: "saving", unsaved: 1, delay: "late" }), "Still saving…");
  assert.equal(textOf({ ...saved, state: "offline", connected: false }, false), "Connecting…");
  assert.equal(textOf({ ...saved, state: "offline", connected: false }), "Offline");
  assert.equal(textOf({ ...saved, readOnly: true }), "Read only");
  assert.equal(textOf({ ...saved, state: "offline", connected: false, readOnly: true }), "Offline");
  const error = { code: "document_full", message: "", advice: "" };
  assert.equal(textOf({ ...saved, state: "failed", error }), "Not saved");
  for (const code of ["storage_unavailable", "rate_limited", "server_busy", "shutting_down"]) {
    assert.equal(textOf({ ...saved, state: "failed", error: { ...error, code } }), "Not saved, trying again");
  }
  // A server may have codes that this page does not know, whatever they are called.
  for (const code of ["constructor", "toString", "__proto__"]) {
    assert.equal(textOf({ ...saved, state: "failed", error: { ...error, code } }), "Not saved");
  }
});

test("the banner speaks up only when work is in danger", () => {
  const banner = (status, rescued = null) => messageFor({ status: { ...saved, ...status }, rescued, content: "" })?.kind ?? null;
  assert.equal(banner({}), null);
  assert.equal(banner({ state: "offline", unsaved: 3, delay: "late" }), null);
  assert.equal(banner({ state: "offline", unsaved: 3, delay: "alarming" }), "waiting");
  assert.equal(banner({ state: "offline", unsaved: 3, delay: "alarming", localCopy: false }), "failed");
  assert.equal(banner({ state: "failed", error: { code: "document_full", advice: "Full." } }), "failed");
  assert.equal(banner({}, { content: "x", unsaved: 1 }), "rescued");
  const unkept = { status: { ...saved, localCopy: false }, rescued: null, content: "", isReady: true, mayEdit: true };
  assert.match(messageFor(unkept).text, /This device can't keep your changes/);
  assert.equal(messageFor({ ...unkept, mayEdit: false }), null);
});

test("a document that is gone offers its text only where there is one", () => {
  const message = (code, content) => {
    const status = { ...saved, state: "failed", error: { code, advice: "Gone." } };
    return messageFor({ status, rescued: null, isReady: content !== null, content: content ?? undefined });
  };
  const actions = ({ actions: all }) => all.map(([label]) => label);
  assert.match(message("document_deleted", "text").text, /still here/);
  assert.deepEqual(actions(message("document_deleted", "text")), ["Copy my text", "All documents"]);
  for (const content of [null, "", " \n"]) {
    assert.equal(message("document_deleted", content).text, "Gone.");
    assert.deepEqual(actions(message("document_deleted", content)), ["All documents"]);
  }
  assert.equal(message("not_found", null).text, "There is no document at this address.");
});

test("the pages hold no inline script or style and no absolute address", () => {
  for (const page of readdirSync(root).filter((name) => name.endsWith(".html"))) {
    const html = readFileSync(new URL(page, root), "utf8");
    assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
    assert.doesNotMatch(html, /(?:href|src)="(?:\/|https?:)/);
  }
});

test("the heads of the pages differ in what is a page's own only", () => {
  const own = /<title>|href="static\/(?:css\/(?!base\.css)|vendor\/)|type="module"/;
  const head = (page) => {
    const html = readFileSync(new URL(page, root), "utf8").match(/<head>\n(.*?) *<\/head>/s)[1].replaceAll('"../', '"');
    return html.split("\n").filter((line) => !own.test(line));
  };
  const documents = head("editor.html");
  for (const page of ["board.html", "richtext.html"]) assert.deepEqual(head(page), documents, page);
  // A page without a field for text needs no room for a keyboard on the screen.
  const plain = documents.map((line) => line.replace(", interactive-widget=resizes-content", ""));
  const asking = plain.filter((line) => !line.includes('rel="preload"'));
  const still = asking.filter((line) => !line.includes("start.js"));
  const expected = { "index.html": plain, "sign_in.html": asking, "missing.html": still, "other.html": still };
  for (const [page, lines] of Object.entries(expected)) assert.deepEqual(head(page), lines, page);
  const known = ["board.html", "editor.html", "richtext.html", ...Object.keys(expected)].sort();
  assert.deepEqual(readdirSync(root).filter((name) => name.endsWith(".html")).sort(), known);
});

test("no module writes HTML, but for the preview's sanitised fragment", () => {
  const files = readdirSync(new URL("js/", root), { recursive: true }).filter((file) => file.endsWith(".js"));
  assert.ok(files.length > 20);
  for (const file of files) {
    const source = readFileSync(new URL(`js/${file}`, root), "utf8");
    assert.doesNotMatch(source, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(/, file);
  }
});

test("every bundle is pointed to by its stable name", () => {
  const files = readdirSync(new URL("vendor/", root));
  const stable = files.filter((file) => /^[a-z0-9-]+\.js$/.test(file));
  assert.deepEqual(stable.sort(), [
    "codemirror.js", "dompurify.js", "fractional-indexing.js", "markdown.js", "ot-json0.js", "quill-delta.js", "quill.js",
  ]);
  for (const file of stable) {
    const [, target] = readFileSync(new URL(`vendor/${file}`, root), "utf8").match(/"\.\/([\w-]+\.js)"/);
    assert.ok(files.includes(target), target);
  }
});

test("no title can be typed before the page listens to the field", () => {
  for (const page of ["editor.html", "richtext.html", "board.html"]) {
    const html = readFileSync(new URL(page, root), "utf8");
    assert.match(html, /<input id="title"[^>]*\sdisabled[\s>]/, page);
  }
});
