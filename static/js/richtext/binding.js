/**
 * Between Quill and a shared rich text: what the user does goes out as operations, what others do comes
 * in as changes that the own undo steps over. Only changes go out, never the whole content, so that
 * formats and embeds which the editor doesn't know stay in the document.
 */

import { Quill } from "../../vendor/quill.js";
import { forQuill, fromQuill } from "./formats.js";
import { lacksNewline, lengthOf, newlineChange, withNewline } from "./final_newline.js";

const Delta = Quill.import("delta");

/** Everything that is to be shown of a content. */
export const shownOf = (content) =>
  new Delta(forQuill(content.ops)).concat(new Delta(lacksNewline(content) ? [{ insert: "\n" }] : []));

/**
 * @param {import("../collab/document.js").CollabDocument} shared with content
 * @param {Quill} quill
 */
export function bindQuill(shared, quill) {
  quill.setContents(shownOf(shared.content), "silent");
  quill.history.clear();

  quill.on("text-change", (delta, _before, source) => {
    if (source !== "user") return;
    send(shared, quill, fromQuill(delta.ops));
    tellCursor(shared, quill);
  });
  quill.on("selection-change", () => tellCursor(shared, quill));
  shared.on("change", ({ operation, origin, before }) => {
    if (origin === "local") return;
    const change = new Delta(forQuill(operation.ops));
    quill.updateContents(change.compose(new Delta(newlineChange(before, shared.content))), "api");
    agree(shared, quill);
  });
}

function send(shared, quill, ops) {
  const { content } = shared;
  try {
    shared.edit(lacksNewline(content) ? withNewline(ops, content) : { ops });
  } catch (error) {
    console.error(error);
  }
  agree(shared, quill);
}

/** Where editor and document have come apart in length, the document is right. */
function agree(shared, quill) {
  const { content } = shared;
  const shown = lengthOf(content) + (lacksNewline(content) ? 1 : 0);
  if (quill.getLength() === shown) return;
  quill.updateContents(quill.getContents().diff(shownOf(content)), "api");
}

function tellCursor(shared, quill) {
  const range = quill.getSelection();
  if (!range) return void shared.setCursor(null);
  const end = lengthOf(shared.content);
  shared.setCursor({ anchor: Math.min(range.index, end), head: Math.min(range.index + range.length, end) });
}
