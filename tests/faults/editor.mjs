// The browser's editor as a process: it appends the texts that come in, a line each, and prints what it has.
import { createInterface } from "node:readline";

import { connect, insert } from "../../static/js/collab/index.js";
import { MemoryStorage } from "../js/simulated/storage.mjs";

const [url, docId, clientId] = process.argv.slice(2);
const editor = connect({ url, docId, clientId, storage: new MemoryStorage() });
const print = () => {
  const { content, version, status, rescued } = editor;
  const { state } = status;
  console.log(JSON.stringify({ content, version, state, rescued }));
};

await editor.ready;
for (const event of ["change", "status", "rescued"]) editor.on(event, print);
print();
for await (const text of createInterface({ input: process.stdin })) {
  editor.edit(insert(editor.content.length, JSON.parse(text)));
}
