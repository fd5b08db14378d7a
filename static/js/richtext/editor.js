/** The Quill editor of a shared rich text. */

import { Quill } from "../../vendor/quill.js";
import { UndoManager } from "../collab/undo.js";
import { bindComposing } from "../page/composing.js";
import { Frame } from "../page/frame.js";
import { placeholderOf } from "../page/reading.js";
import { bindQuill } from "./binding.js";
import { showCursors } from "./cursors.js";
import { registerFormats } from "./formats.js";
import { registerHistory } from "./history.js";
import { htmlOf } from "./html.js";
import { indentingKeys } from "./indenting.js";
import { keepByLines } from "./line_editor.js";
import { pasteLongTexts } from "./long_texts.js";
import { registerPasting } from "./pasting.js";
import { progressAbove } from "./progress.js";
import { bindToolbar } from "./toolbar.js";

const MESSAGE_MILLISECONDS = 6000;

/** Quill, with an export of our own; what is copied is that, too. */
class Editor extends Quill {
  /** @param {number | {index: number, length: number}} index @param {number} [length] up to the end */
  getSemanticHTML(index = 0, length = this.getLength() - index) {
    const range = typeof index === "number" ? { index, length } : index;
    return htmlOf(this.getContents().ops, range.index, range.length);
  }
}

/**
 * @param {import("../collab/document.js").CollabDocument} shared with content
 * @param {HTMLElement} parent
 * @param {{toolbar: HTMLElement, addressForm: HTMLFormElement, message: HTMLElement}} places `message` is where
 *   something is told to the user
 * @returns {Quill}
 */
export function openEditor(shared, parent, { toolbar, addressForm, message }) {
  registerFormats();
  registerHistory();
  registerPasting();
  const say = teller(message);
  const quill = new Editor(parent, {
    placeholder: placeholderOf(shared),
    modules: {
      clipboard: { say },
      keyboard: { bindings: indentingKeys },
      uploader: { say },
    },
  });
  quill.root.setAttribute("aria-label", "Text");
  quill.root.setAttribute("role", "textbox");
  quill.root.setAttribute("aria-multiline", "true");
  parent.setAttribute("aria-busy", "false");
  keepByLines(quill);
  quill.history.use(new UndoManager(shared));
  const frame = new Frame();
  const replace = bindQuill(shared, quill, frame, progressAbove(parent.parentElement));
  pasteLongTexts(quill, replace);
  bindComposing(shared, quill.root);
  bindToolbar(quill, toolbar, addressForm, say, frame);
  showCursors(shared, quill, frame);
  bindAccess(shared, quill, toolbar);
  return quill;
}

function teller(message) {
  let timer;
  return (text) => {
    message.textContent = text;
    message.hidden = false;
    clearTimeout(timer);
    timer = setTimeout(() => (message.hidden = true), MESSAGE_MILLISECONDS);
  };
}

/** A role may change with a new connection. */
function bindAccess(shared, quill, toolbar) {
  const show = () => {
    quill.enable(shared.mayEdit);
    quill.root.dataset.placeholder = placeholderOf(shared);
    quill.root.setAttribute("aria-readonly", String(!shared.mayEdit));
    // What can't be edited is reached by the keyboard all the same.
    quill.root.tabIndex = 0;
    for (const control of toolbar.querySelectorAll("button, select")) control.disabled = !shared.mayEdit;
    toolbar.hidden = !shared.mayEdit;
  };
  let may = shared.mayEdit;
  shared.on("status", () => {
    if (shared.mayEdit === may) return;
    may = shared.mayEdit;
    show();
  });
  show();
}
