/**
 * Between Quill and a shared rich text: what the user does goes out as operations, what others do, and the
 * own undo, comes in as changes. Only changes go out, never the whole content, so that formats and
 * embeds which the editor doesn't know stay in the document.
 *
 * What comes in is gathered and shown once in a frame, and never while Quill takes in what the browser has done:
 * after that Quill puts the caret back into the text node that it was in, at the same offset as before.
 */

import { Quill } from "../../vendor/quill.js";
import { withOneBlock } from "./blocks.js";
import { forQuill, fromQuill } from "./components.js";
import { lacksNewline, lengthOf, newlineChange, withNewline } from "./final_newline.js";
import { Held } from "./held.js";
import { keepCaretOutOfEnds, withWholeEnds } from "./line_ends.js";
import { linesOf, shownLength, shownOf } from "./shown.js";

const Delta = Quill.import("delta");

/** So long after a composition Quill puts the caret to where that has ended. */
const COMPOSED_MILLISECONDS = 1;

/**
 * @param {import("../collab/document.js").CollabDocument} shared with content
 * @param {Quill} quill
 * @param {import("../page/frame.js").Frame} frame
 * @param {(part: number | null) => void} [tellProgress] how much of a long change is shown; null: all of it
 * @returns {(range: {index: number, length: number}, inserts: object[]) => void} puts something long in place of a
 *   range of the editor, as one change, and the caret behind it
 */
export function bindQuill(shared, quill, frame, tellProgress = () => {}) {
  // What the editor does not show yet: because there was no frame, a word is being composed, or it is long.
  const held = new Held();
  let isSending = false;
  // A word was composed, and Quill has not put the caret behind it yet.
  let isComposed = false;
  let lacked = lacksNewline(shared.content);
  // What has changed in the document since the editor was last seen to agree with it.
  let changed = null;
  // The document has not taken what the editor shows.
  let isRefused = false;
  // Where in the document the caret is to be once all is shown.
  let landing = null;

  const showSoon = frame.step(show);
  const tellSoon = frame.step(() => tellCursor(shared, held, quill.getSelection()));
  const note = (operation) => (changed = changed ? shared.type.compose(changed, operation) : operation);

  function editOf(ops) {
    const { content } = shared;
    const edit = withOneBlock(withWholeEnds(ops, content), content);
    return lacked ? withNewline(edit, content) : { ops: edit };
  }

  function send(ops) {
    isSending = true;
    try {
      note(shared.edit(editOf(ops)));
      lacked = lacksNewline(shared.content);
    } catch (error) {
      console.error(error);
      isRefused = true;
    } finally {
      isSending = false;
    }
  }

  function typed(delta) {
    send(fromQuill(held.meet(delta).ops));
    showSoon();
    tellSoon();
  }

  function came({ operation, origin }) {
    landing &&= shared.type.transformCursor(landing, operation, false);
    if (isSending) return;
    note(operation);
    const had = !lacked;
    lacked = lacksNewline(shared.content);
    held.add(new Delta(forQuill(operation.ops)).compose(new Delta(newlineChange(had, shared.content))));
    if (origin === "local") show();
    else showSoon();
  }

  /** Have the editor show what the document holds, or the next piece of it. */
  function show() {
    const isBusy = () => isComposed || quill.composition.isComposing;
    if (isBusy()) return;
    // What the browser has done comes first: a change that is shown would take it in on the way.
    quill.update();
    if (isBusy()) return;
    if (!held.isEmpty) quill.updateContents(held.take(quill.getLength()), "api");
    tellProgress(held.progress);
    if (!held.isEmpty) return showSoon();
    settle();
    if (landing !== null) land();
  }

  function land() {
    quill.setSelection(Math.min(landing, quill.getLength() - 1), 0, "silent");
    quill.scrollSelectionIntoView();
    landing = null;
    tellSoon();
  }

  function replace({ index, length }, inserts) {
    const [from, to] = [index, index + length].map((place) => held.toDocument(place));
    const change = new Delta([...new Delta().retain(from).ops, ...inserts, ...new Delta().delete(to - from).ops]);
    // Not shown yet, it is shown as what others do.
    shared.edit(editOf(change.ops));
    landing = from + new Delta(inserts).length();
  }

  function settle() {
    const [operation, all] = [changed, isRefused];
    changed = null;
    isRefused = false;
    if (all) correctAll(quill, shared.content);
    else if (operation) correct(quill, shared.content, operation);
  }

  quill.setContents(shownOf(shared.content), "silent");
  quill.on("text-change", (delta, _before, source) => source === "user" && typed(delta));
  quill.on("composition-end", () => {
    isComposed = true;
    setTimeout(() => {
      isComposed = false;
      showSoon();
    }, COMPOSED_MILLISECONDS);
  });
  // A key is pressed on what the document holds.
  const keyPressed = ({ isComposing }) => isComposing || held.isEmpty || held.progress !== null || show();
  quill.root.addEventListener("keydown", keyPressed, true);
  for (const kind of ["keydown", "pointerdown"]) quill.root.addEventListener(kind, () => (landing = null));
  keepCaretOutOfEnds(quill, () => shared.content);
  quill.on("selection-change", tellSoon);
  shared.on("change", came);
  return replace;
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

function tellCursor(shared, held, range) {
  if (!range) return void shared.setCursor(null);
  const end = lengthOf(shared.content);
  const place = (index) => Math.min(held.toDocument(index), end);
  shared.setCursor({ anchor: place(range.index), head: place(range.index + range.length) });
}
