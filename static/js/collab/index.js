/**
 * Edit a shared document from JavaScript: in a browser, or in Node with a WebSocket class.
 *
 *     import { connect, insert } from "./collab/index.js";
 *
 *     const notes = connect({ url: "http://127.0.0.1:8000/", docId: "notes", name: "Ada" });
 *     await notes.ready;
 *     notes.on("change", ({ operation, origin }) => console.log(origin, operation.ops));
 *     notes.edit(insert(0, "Hello! "));
 *     console.log(notes.content, notes.status.state);
 *
 * An editor widget does three things: it shows `content` once `ready`, calls `edit` with what the
 * user does, and applies each `change` whose origin is not "local". `changesOf` and `operationOf`
 * translate between operations on text and `{from, to, insert}`. A widget without a history of its
 * own, or whose history knows nothing of others, gets one from `UndoManager`.
 */

export { connect } from "./connect.js";
export { changesOf, operationOf } from "./ot/changes.js";
export { getType, registerType, types } from "./ot/index.js";
export { UndoManager } from "./undo.js";
export { CollabDocument } from "./document.js";

/** The operation on text or rich text that inserts `text` at `offset`. */
export const insert = (offset, text) => ({ ops: [{ retain: offset }, { insert: text }] });

/** The operation on text or rich text that deletes `length` code units at `offset`. */
export const remove = (offset, length) => ({ ops: [{ retain: offset }, { delete: length }] });
