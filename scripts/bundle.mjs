// Makes what static/ has of bundles, on a developer's machine:
//
//     npm install && npm run bundle
//
// static/vendor/ has the libraries, static/built/ what each page loads. With `--check` nothing is written: what is
// there is compared with what would be, and the names of files that differ are told.

import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { libraries } from "./libraries.mjs";
import { pages } from "./pages.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "static");
const EXPAND = { ".br": brotliDecompressSync, ".gz": gunzipSync };

if (process.argv.includes("--check")) {
  const differing = [...(await differences("vendor", await libraries())), ...(await differences("built", await pages()))];
  if (differing.length > 0) {
    console.error(`not as "make bundle" makes them: ${differing.join(", ")}`);
    process.exitCode = 1;
  }
} else {
  // In this order: the pages are made of the libraries.
  await write("vendor", await libraries());
  await write("built", await pages());
}

async function write(folder, files) {
  await rm(path.join(root, folder), { recursive: true, force: true });
  await mkdir(path.join(root, folder), { recursive: true });
  for (const [name, contents] of files) await writeFile(path.join(root, folder, name), contents);
}

async function differences(folder, files) {
  const found = await readdir(path.join(root, folder)).catch(() => []);
  const names = new Set([...found, ...files.keys()]);
  const differing = [];
  for (const name of [...names].sort()) {
    const made = files.get(name);
    const there = found.includes(name) ? await readFile(path.join(root, folder, name)) : undefined;
    if (!made || !there || !expanded(name, Buffer.from(made)).equals(expanded(name, there))) differing.push(`${folder}/${name}`);
  }
  return differing;
}

/** Compressors of other versions come to other bytes. */
function expanded(name, contents) {
  const expand = EXPAND[path.extname(name)];
  try {
    return expand ? expand(contents) : contents;
  } catch {
    return contents;
  }
}
