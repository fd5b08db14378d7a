/**
 * Between Quill and a shared rich text: what the user does goes out as operations, what others do, and the
 * own undo, comes in as changes. Only changes go out, never the whole content, so that formats and
 * embeds which the editor doesn't know stay in the document.
 */

import { Quill } from "../../vendor/quill.js";
import { withOneBlock } from "./blocks.js";
import { forQuill, fromQuill } from "./components.js";
import { lacksNewline, lengthOf, newlineChange, withNewline } from "./final_newline.js";
import { keepCaretOutOfEnds, withWholeEnds } from "./line_ends.js";
import { linesOf, shownLength, shownOf } from "./shown.js";

const Delta = Quill.import("delta");

/**
 * @param {import("../collab/document.js").CollabDocument} shared with content
 * @param {Quill} quill
 */
export function bindQuill(shared, quill) {
  let isSending = false;
  // While an input method composes, Quill must not be touched: what others did waits here.
  let held = null;
  // What has changed in the document since the editor was last seen to agree with it.
  let changed = null;
  // The document has not taken what the editor shows.
  let isRefused = false;

  const note = (operation) => (changed = changed ? shared.type.compose(changed, operation) : operation);

  function send(ops) {
    const { content } = shared;
    const edit = withOneBlock(withWholeEnds(ops, content), content);
    isSending = true;
    try {
      note(shared.edit(lacksNewline(content) ? withNewline(edit, content) : { ops: edit }));
    } catch (error) {
      console.error(error);
      isRefused = true;
    } finally {
      isSending = false;
    }
  }

  function typed(delta) {
    const waiting = held;
    held = waiting && delta.transform(waiting, false);
    send(fromQuill((waiting ? waiting.transform(delta, true) : delta).ops));
    if (!quill.composition.isComposing) settle();
    tellCursor(shared, quill);
  }

  function show({ operation, before }) {
    if (isSending) return;
    note(operation);
    const change = new Delta(forQuill(operation.ops)).compose(new Delta(newlineChange(before, shared.content)));
    held = held ? held.compose(change) : change;
    if (!quill.composition.isComposing) settle();
  }

  /** Have the editor show what the document holds. */
  function settle() {
    const [waiting, operation, all] = [held, changed, isRefused];
    held = changed = null;
    isRefused = false;
    if (waiting) quill.updateContents(waiting, "api");
    if (all) correctAll(quill, shared.content);
    else if (operation) correct(quill, shared.content, operation);
  }

  quill.setContents(shownOf(shared.content), "silent");
  quill.on("text-change", (delta, _before, source) => source === "user" && typed(delta));
  // Until Quill has done with the composition itself, it puts the caret where that began.
  quill.on("composition-end", () => queueMicrotask(() => quill.composition.isComposing || settle()));
  keepCaretOutOfEnds(quill, () => shared.content);
  quill.on("selection-change", () => tellCursor(shared, quill));
  shared.on("change", show);
}

/** Where the editor shows another thing than the document holds, the document is right. */
function correct(quill, content, operation) {
  if (quill.getLength() !== shownLength(content)) return correctAll(quill, content);
  for (const { from, to } of linesOf(content, operation)) {
    put(quill, from, quill.getContents(from, to - from), shownOf(content, from, to));
  }
}

const correctAll = (quill, content) => put(quill, 0, quill.getContents(), shownOf(content));

function put(quill, offset, shown, wanted) {
  const change = shown.diff(wanted);
  if (change.ops.length > 0) quill.updateContents(new Delta().retain(offset).concat(change), "api");
}

function tellCursor(shared, quill) {
  const range = quill.getSelection();
  if (!range) return void shared.setCursor(null);
  const end = lengthOf(shared.content);
  shared.setCursor({ anchor: Math.min(range.index, end), head: Math.min(range.index + range.length, end) });
}
