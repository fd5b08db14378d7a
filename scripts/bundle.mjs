// Bundles the libraries of the browser client into static/vendor/, once, on a developer's machine:
//
//     npm install && npm run bundle
//
// Each entry in scripts/bundle/ becomes `NAME-HASH.js` (minified ES module, cached for ever) and a
// small `NAME.js` that points to it, so that no page and no import has to know a hash. The same
// versions give the same bytes.

import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const entries = path.join(root, "scripts", "bundle");
const vendor = path.join(root, "static", "vendor");

// CodeMirror would put a <style> element into the page, which a strict Content-Security-Policy
// forbids. Constructed style sheets are not inline style, and style-mod can use them, but does so
// in shadow roots only: take away that condition.
const constructedStyleSheets = {
  name: "constructed-style-sheets",
  setup(bundler) {
    bundler.onLoad({ filter: /style-mod[\\/]src[\\/]style-mod\.js$/ }, async ({ path: file }) => {
      const source = await readFile(file, "utf8");
      const parts = source.split("!root.head && root.adoptedStyleSheets");
      if (parts.length !== 2) throw new Error(`${file} has changed: look at StyleSet anew`);
      return { contents: parts.join("root.adoptedStyleSheets"), loader: "js" };
    });
  },
};

// ot-json0 takes an object for one by its `constructor`, which a document may have as a member: whoever
// put one in would break every editor. And it copies each component by way of JSON text, which is most
// of the time that a transformation takes.
const json0Changes = [
  ["(obj.constructor === Object)", 'Object.prototype.toString.call(obj) === "[object Object]"'],
  ["return JSON.parse(JSON.stringify(o));", "return copied(o);"],
];
const copied = `
function copied(value) {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copied);
  const copy = {};
  for (const key of Object.keys(value)) copy[key] = copied(value[key]);
  return copy;
}`;
const changedJson0 = {
  name: "changed-json0",
  setup(bundler) {
    bundler.onLoad({ filter: /ot-json0[\\/]lib[\\/]json0\.js$/ }, async ({ path: file }) => {
      let contents = await readFile(file, "utf8");
      for (const [before, after] of json0Changes) {
        const parts = contents.split(before);
        if (parts.length !== 2) throw new Error(`${file} has changed: look for ${before}`);
        contents = parts.join(after);
      }
      return { contents: contents + copied, loader: "js" };
    });
  },
};

const names = (await readdir(entries)).map((file) => path.basename(file, ".js")).sort();
const { metafile, outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: names.map((name) => path.join("scripts", "bundle", `${name}.js`)),
  outdir: path.join("static", "vendor"),
  entryNames: "[name]-[hash]",
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  // A linked node_modules gives the same bytes.
  preserveSymlinks: true,
  legalComments: "none",
  charset: "utf8",
  metafile: true,
  write: false,
  plugins: [constructedStyleSheets, changedJson0],
});

await rm(vendor, { recursive: true, force: true });
await mkdir(vendor, { recursive: true });
for (const file of outputFiles) await writeFile(file.path, file.contents);
for (const [output, { entryPoint }] of Object.entries(metafile.outputs)) {
  const name = path.basename(entryPoint, ".js");
  await writeFile(path.join(vendor, `${name}.js`), `export * from "./${path.basename(output)}";\n`);
}
// Quill's own style sheet, without the address of its source map.
const quillStyle = await readFile(path.join(root, "node_modules", "quill", "dist", "quill.core.css"), "utf8");
await writeFile(path.join(vendor, "quill.core.css"), quillStyle.replace(/\n*\/\*# sourceMappingURL=.*\*\/\s*$/, "\n"));
await writeFile(path.join(vendor, "LICENSES.txt"), await licenses(Object.keys(metafile.inputs)));

/** The licence texts of all packages that ended up in a bundle. */
async function licenses(inputs) {
  const folders = new Set();
  for (const input of inputs) {
    const match = input.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//);
    if (match) folders.add(match[1]);
  }
  const sections = [];
  for (const folder of [...folders].sort()) {
    const about = JSON.parse(await readFile(path.join(root, folder, "package.json"), "utf8"));
    const file = (await readdir(path.join(root, folder))).sort().find((name) => /^licen[cs]e/i.test(name));
    const text = file ? await readFile(path.join(root, folder, file), "utf8") : "(no licence file in the package)";
    sections.push(`${about.name} ${about.version} (${about.license})\n\n${text.trim()}\n`);
  }
  const rule = `\n${"-".repeat(80)}\n\n`;
  return `The files in this folder are bundles of these packages.\n${rule}${sections.join(rule)}`;
}
