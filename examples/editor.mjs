// Type a line into a shared document, and see what others type there.
import { connect, insert } from "../static/js/collab/index.js";

// Browsers and Node 22 have a WebSocket; before that, `npm install` in this folder brings one.
const WebSocket = globalThis.WebSocket ?? (await import("ws")).WebSocket;
const url = process.argv[2] ?? "http://127.0.0.1:8000/";
const notes = connect({ url, docId: "notes", name: "JavaScript", WebSocket });

await notes.ready;
console.log(`version ${notes.version} is ${JSON.stringify(notes.content)}`);

notes.on("change", ({ operation, origin, userId }) => {
  if (origin === "remote") console.log(`${userId} typed ${JSON.stringify(operation)}`);
});
notes.on("status", ({ state, unsaved }) => console.log(state, unsaved));
notes.on("error", ({ message }) => console.error(message));

notes.edit(insert(0, "Hello from JavaScript!\n"));
