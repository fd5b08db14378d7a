/**
 * Between Quill and a shared rich text: what the user does goes out as operations, what others do, and the
 * own undo, comes in as changes. Only changes go out, never the whole content, so that formats and
 * embeds which the editor doesn't know stay in the document.
 */

import { Quill } from "../../vendor/quill.js";
import { lacksNewline, lengthOf, newlineChange, withNewline } from "./final_newline.js";
import { forQuill, fromQuill } from "./formats.js";

const Delta = Quill.import("delta");

/** Everything that is to be shown of a content. */
export const shownOf = (content) =>
  new Delta(forQuill(content.ops)).concat(new Delta(lacksNewline(content) ? [{ insert: "\n" }] : []));

/**
 * @param {import("../collab/document.js").CollabDocument} shared with content
 * @param {Quill} quill
 */
export function bindQuill(shared, quill) {
  let isSending = false;
  // While an input method composes, Quill must not be touched: what others did waits here.
  let held = null;

  function send(ops) {
    const { content } = shared;
    isSending = true;
    try {
      shared.edit(lacksNewline(content) ? withNewline(ops, content) : { ops });
    } catch (error) {
      console.error(error);
    } finally {
      isSending = false;
    }
    agree(shared, quill);
  }

  function typed(delta) {
    const waiting = held;
    held = null;
    send(fromQuill((waiting ? waiting.transform(delta, true) : delta).ops));
    if (waiting) quill.updateContents(delta.transform(waiting, false), "api");
    agree(shared, quill);
    tellCursor(shared, quill);
  }

  function show({ operation, before }) {
    if (isSending) return;
    const change = new Delta(forQuill(operation.ops)).compose(new Delta(newlineChange(before, shared.content)));
    if (quill.composition.isComposing) {
      held = held ? held.compose(change) : change;
      return;
    }
    quill.updateContents(change, "api");
    agree(shared, quill);
  }

  function release() {
    const waiting = held;
    held = null;
    if (waiting) quill.updateContents(waiting, "api");
    agree(shared, quill);
  }

  quill.setContents(shownOf(shared.content), "silent");
  quill.on("text-change", (delta, _before, source) => source === "user" && typed(delta));
  quill.on("composition-end", release);
  quill.on("selection-change", () => tellCursor(shared, quill));
  shared.on("change", show);
}

/** Where editor and document have come apart in length, the document is right. */
function agree(shared, quill) {
  const { content } = shared;
  if (quill.composition.isComposing) return;
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
