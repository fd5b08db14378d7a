// Bundles the libraries of the browser client: each entry in scripts/bundle/ becomes `NAME-HASH.js` (a minified ES
// module, cached for ever) and a small `NAME.js` that points to it, so that no page and no import has to know
// a hash. The same versions give the same bytes.

import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const entries = path.join(root, "scripts", "bundle");

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

// quill-delta looks an attribute up where an object may have inherited one of that name, such as `constructor`.
const attributeChanges = [
  ["if (a[key] !== undefined && b[key] === undefined)", "if (own(a, key) !== undefined && own(b, key) === undefined)"],
  ["if (!isEqual(a[key], b[key]))", "if (!isEqual(own(a, key), own(b, key)))"],
  ["attrs[key] = b[key] === undefined ? null : b[key];", "attrs[key] = own(b, key) === undefined ? null : b[key];"],
  ["if (base[key] !== attr[key] && attr[key] !== undefined)", "if (base[key] !== own(attr, key) && own(attr, key) !== undefined)"],
  ["if (attr[key] !== base[key] && base[key] === undefined)", "if (attr[key] !== own(base, key) && own(base, key) === undefined)"],
  ["if (a[key] === undefined)", "if (own(a, key) === undefined)"],
];
const own = `
function own(attributes, name) {
  return Object.prototype.hasOwnProperty.call(attributes, name) ? attributes[name] : undefined;
}`;

function changed(name, filter, changes, more) {
  return {
    name,
    setup(bundler) {
      bundler.onLoad({ filter }, async ({ path: file }) => {
        let contents = await readFile(file, "utf8");
        for (const [before, after] of changes) {
          const parts = contents.split(before);
          if (parts.length !== 2) throw new Error(`${file} has changed: look for ${before}`);
          contents = parts.join(after);
        }
        return { contents: contents + more, loader: "js" };
      });
    },
  };
}
const changedJson0 = changed("changed-json0", /ot-json0[\\/]lib[\\/]json0\.js$/, json0Changes, copied);
const changedAttributes = changed("changed-attributes", /quill-delta[\\/]dist[\\/]AttributeMap\.js$/, attributeChanges, own);

// lodash takes an object with the member `__wrapped__` for one of its own, and throws. What quill-delta
// compares and copies is JSON.
const equal = `
function equal(one, other) {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  return names.every((name) => Object.prototype.hasOwnProperty.call(other, name) && equal(one[name], other[name]));
}`;
const jsonHelpers = {
  name: "json-helpers",
  setup(bundler) {
    const sources = { "lodash.clonedeep": `module.exports = copied;${copied}`, "lodash.isequal": `module.exports = equal;${equal}` };
    bundler.onResolve({ filter: /^lodash\.(clonedeep|isequal)$/ }, ({ path: name, importer }) =>
      /quill-delta[\\/]dist/.test(importer) ? { path: name, namespace: "json-helpers" } : undefined,
    );
    bundler.onLoad({ filter: /.*/, namespace: "json-helpers" }, ({ path: name }) => ({ contents: sources[name], loader: "js" }));
  },
};

/** @returns {Promise<Map<string, Uint8Array | string>>} what belongs into static/vendor/, by name */
export async function libraries() {
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
    plugins: [constructedStyleSheets, changedJson0, changedAttributes, jsonHelpers],
  });
  const files = new Map(outputFiles.map((file) => [path.basename(file.path), file.contents]));
  for (const [output, { entryPoint }] of Object.entries(metafile.outputs)) {
    files.set(path.basename(entryPoint), `export * from "./${path.basename(output)}";\n`);
  }
  // Quill's own style sheet, without the address of its source map.
  const quillStyle = await readFile(path.join(root, "node_modules", "quill", "dist", "quill.core.css"), "utf8");
  files.set("quill.core.css", quillStyle.replace(/\n*\/\*# sourceMappingURL=.*\*\/\s*$/, "\n"));
  files.set("LICENSES.txt", await licenses(Object.keys(metafile.inputs)));
  return files;
}

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
