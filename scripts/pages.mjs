// Bundles what each page loads, from static/ alone: static/built/ gets a script, a style sheet and the HTML that names
// them, each with its source map or its compressed forms beside it. The pages name everything by the version, a
// digest of all of static/ but those pages. collab/api/assets.py reads it in the same way.

import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

const STATIC = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "static");
const LICENSES = "/* Licences of the libraries in this file: ../vendor/LICENSES.txt */";
const SETTINGS = { bundle: true, minify: true, target: "es2022", charset: "utf8", legalComments: "none", write: false };
// The modules are served, too; of the libraries there is no more to be seen than what they are here.
const MAPPED = { sourcemap: "linked", sourcesContent: false };
const COMPRESSED = /\.(?:br|gz)$/;
const WORTH_COMPRESSING = /\.(?:css|html|js)$/;

/**
 * @param {string} [root] the folder static/
 * @returns {Promise<Map<string, Uint8Array | string>>} what belongs into its folder built/, by name
 */
export async function pages(root = STATIC) {
  const sources = (await readdir(root)).filter((name) => name.endsWith(".html")).sort();
  const html = new Map();
  const files = new Map();
  for (const name of sources) html.set(name, await bundled(root, name, files));
  await bundle(root, { entryPoints: ["js/start.js"], outfile: path.join(root, "built", "start.js"), ...MAPPED }, files);
  const version = await versionOf(root, files);
  for (const [name, text] of html) files.set(name, text.replaceAll("static/@/", `static/@${version}/`));
  files.set("VERSION", `${version}\n`);
  for (const [name, contents] of [...files]) {
    if (WORTH_COMPRESSING.test(name)) compress(name, Buffer.from(contents), files);
  }
  return files;
}

/** Bundle what a page names into `files`; its HTML, with `@` for the version. */
async function bundled(root, page, files) {
  const name = path.basename(page, ".html");
  const source = await readFile(path.join(root, page), "utf8");
  const styles = [...source.matchAll(/<link rel="stylesheet" href="(?:\.\.\/)?static\/([^"]+)">\n/g)];
  const module = source.match(/<script type="module" src="(?:\.\.\/)?static\/([^"]+)">/);
  await styleSheet(root, name, styles.map(([, address]) => address), files);
  if (module) await script(root, name, module[1], files);
  let html = source;
  styles.forEach(([line], index) => {
    const built = line.replace(/static\/[^"]+/, `static/built/${name}.css`);
    html = html.replace(index === 0 ? line : `    ${line}`, index === 0 ? built : "");
  });
  if (module) html = html.replace(module[0], module[0].replace(module[1], `built/${name}.js`));
  // By start.js a page finds out that its version is gone: that has none.
  return html.replaceAll(/static\/(?!js\/start\.js)/g, "static/@/").replace("static/js/start.js", "static/built/start.js");
}

async function bundle(root, options, files) {
  const { outputFiles, metafile } = await build({ ...SETTINGS, metafile: true, absWorkingDir: root, ...options });
  const madeOf = new Map(Object.entries(metafile.outputs).map(([file, { inputs }]) => [path.basename(file), Object.keys(inputs)]));
  for (const { path: file, contents: made } of outputFiles) {
    const name = path.basename(file);
    const hasLibraries = madeOf.get(name)?.some((input) => input.startsWith("vendor/"));
    const contents = hasLibraries && !name.endsWith(".map") ? withLicenses(made) : made;
    if (files.has(name) && !Buffer.from(contents).equals(files.get(name))) throw new Error(`two bundles are called ${name}`);
    files.set(name, contents);
  }
}

/** The lines of the source map stay what they are, and its address the last line. */
function withLicenses(made) {
  const [, code, address] = Buffer.from(made).toString().match(/^([^]*?)(\/\/# sourceMappingURL=.*\n)?$/);
  return Buffer.from(`${code}${LICENSES}\n${address ?? ""}`);
}

async function styleSheet(root, name, addresses, files) {
  const contents = addresses.map((address) => `@import "./${address}";`).join("\n");
  const stdin = { contents, resolveDir: root, loader: "css" };
  await bundle(root, { stdin, outfile: path.join(root, "built", `${name}.css`) }, files);
}

/** A module with all that it imports; what it imports when it runs, and workers, become scripts of their own. */
async function script(root, name, address, files) {
  const workers = new Map();
  const options = {
    entryPoints: { [name]: address },
    outdir: path.join(root, "built"),
    format: "esm",
    splitting: true,
    chunkNames: "[name]-[hash]",
    ...MAPPED,
    plugins: [unmappedLibraries, namedWorkers(root, workers)],
  };
  await bundle(root, options, files);
  for (const [worker, file] of workers) {
    if (!files.has(`${worker}.js`)) await script(root, worker, file, files);
  }
}

/** `new URL("./x.js", import.meta.url)` is the address of a worker, beside the bundle. */
function namedWorkers(root, workers) {
  const addresses = /new URL\("(\.{1,2}\/[^"]+)\.js", import\.meta\.url\)/g;
  const modules = path.join(root, "js");
  return {
    name: "named-workers",
    setup(bundler) {
      bundler.onLoad({ filter: /\.js$/ }, async ({ path: file }) => {
        if (!file.startsWith(modules)) return undefined;
        const source = await readFile(file, "utf8");
        const contents = source.replace(addresses, (_, address) => {
          const worker = path.resolve(path.dirname(file), `${address}.js`);
          const name = `worker-${path.relative(modules, worker).slice(0, -3).replaceAll(path.sep, "-")}`;
          workers.set(name, worker);
          return `new URL("./${name}.js", import.meta.url)`;
        });
        return contents === source ? undefined : { contents, loader: "js" };
      });
    },
  };
}

// In a source map, all of a library is the beginning of its file.
const unmappedLibraries = {
  name: "unmapped-libraries",
  setup(bundler) {
    bundler.onLoad({ filter: /vendor[\\/][^\\/]*\.js$/ }, async ({ path: file }) => {
      const map = { version: 3, sources: [path.basename(file)], mappings: "AAAA" };
      const address = `data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString("base64")}`;
      return { contents: `${await readFile(file, "utf8")}\n//# sourceMappingURL=${address}`, loader: "js" };
    });
  },
};

/** A digest of what static/ has, with these files in built/. */
async function versionOf(root, built) {
  const digests = new Map();
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const file = path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, "/");
    const isLeft = file.split("/").some((part) => part.startsWith(".")) || COMPRESSED.test(file);
    if (entry.isFile() && !isLeft && !file.startsWith("built/")) digests.set(file, sha256(await readFile(path.join(root, file))));
  }
  for (const [name, contents] of built) digests.set(`built/${name}`, sha256(contents));
  const lines = [...digests].map(([file, digest]) => `${file} ${digest}\n`).sort();
  return sha256(lines.join("")).slice(0, 16);
}

const sha256 = (contents) => createHash("sha256").update(contents).digest("hex");

function compress(name, contents, files) {
  const { BROTLI_PARAM_MODE, BROTLI_MODE_TEXT, BROTLI_PARAM_SIZE_HINT } = constants;
  const params = { [BROTLI_PARAM_MODE]: BROTLI_MODE_TEXT, [BROTLI_PARAM_SIZE_HINT]: contents.length };
  for (const [ending, made] of [["br", brotliCompressSync(contents, { params })], ["gz", gzipSync(contents, { level: 9 })]]) {
    if (made.length < contents.length) files.set(`${name}.${ending}`, made);
  }
}
