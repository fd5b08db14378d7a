/** What `make bundle` makes of a page, a module that is loaded late, and a worker. */

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

import { pages } from "../../scripts/pages.mjs";

const SOURCES = {
  "page.html": `<!doctype html>
<html>
  <head>
    <link rel="icon" href="../static/icons/x.svg">
    <link rel="stylesheet" href="../static/css/one.css">
    <link rel="stylesheet" href="../static/css/two.css">
    <script src="../static/js/early.js"></script>
    <script type="module" src="../static/js/page.js"></script>
    <script async src="../static/js/start.js"></script>
  </head>
</html>
`,
  "css/one.css": "p { color: red; }\n",
  "css/two.css": "p { margin: 0; }\n",
  "js/early.js": "// early\n",
  "js/start.js": "// start\n",
  "js/page.js": `
import { greeting } from "../vendor/library.js";
document.title = greeting;
export const late = () => import("./late.js");
export const worker = () => new Worker(new URL("./later/worker.js", import.meta.url), { type: "module" });
`,
  "js/late.js": 'export const late = "loaded when it is asked for";\n',
  "js/later/worker.js": 'import { deep } from "./deep.js";\npostMessage(deep);\n',
  "js/later/deep.js": 'export const deep = "in the worker";\n',
  "vendor/library.js": 'export const greeting = "hello"; export const unused = "never asked for";\n',
};

async function made(t, changes = {}) {
  const root = await mkdtemp(path.join(os.tmpdir(), "static-"));
  t.after(() => rm(root, { recursive: true }));
  for (const [name, text] of Object.entries({ ...SOURCES, ...changes })) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), text);
  }
  const files = await pages(root);
  return { files, text: (name) => Buffer.from(files.get(name)).toString() };
}

test("a page names one style sheet and one script, by the version", async (t) => {
  const { text } = await made(t);
  const version = text("VERSION").trim();
  assert.match(version, /^[0-9a-f]{16}$/);
  const named = [...text("page.html").matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address);
  const at = `../static/@${version}`;
  assert.deepEqual(named, [`${at}/icons/x.svg`, `${at}/built/page.css`, `${at}/js/early.js`, `${at}/built/page.js`, "../static/built/start.js"]);
  assert.match(text("page.css"), /p\{color:red\}p\{margin:0\}/);
  assert.match(text("page.js"), /hello/);
  assert.doesNotMatch(text("page.js"), /never asked for/);
});

test("what is imported when the page runs, and a worker, are scripts of their own", async (t) => {
  const { files, text } = await made(t);
  const [, late] = text("page.js").match(/import\("\.\/(late-\w+\.js)"\)/);
  assert.match(text(late), /loaded when it is asked for/);
  assert.match(text("page.js"), /new URL\("\.\/worker-later-worker\.js",import\.meta\.url\)/);
  assert.match(text("worker-later-worker.js"), /in the worker/);
  assert.doesNotMatch(text("page.js"), /loaded when|in the worker/);
  const { sources } = JSON.parse(text("page.js.map"));
  assert.deepEqual(sources.sort(), ["../js/page.js", "../vendor/library.js"]);
  for (const name of files.keys()) {
    if (name.endsWith(".br")) assert.equal(brotliDecompressSync(files.get(name)).toString(), text(name.slice(0, -3)));
    if (name.endsWith(".gz")) assert.equal(gunzipSync(files.get(name)).toString(), text(name.slice(0, -3)));
  }
});

test("the same files give the same bytes, any change another version", async (t) => {
  const [one, same] = [await made(t), await made(t)];
  assert.deepEqual([...one.files.keys()], [...same.files.keys()]);
  for (const name of one.files.keys()) assert.equal(one.text(name), same.text(name), name);
  const changes = [{ "js/early.js": "// other\n" }, { "icons/y.svg": "<svg/>" }, { "page.html": SOURCES["page.html"].replace("<html>", "<html lang=en>") }];
  for (const change of changes) assert.notEqual((await made(t, change)).text("VERSION"), one.text("VERSION"));
  const left = await made(t, { "js/.early.js.swp": "x", "css/one.css.gz": "x" });
  assert.equal(left.text("VERSION"), one.text("VERSION"));
});
