/**
 * Quill's history, kept by the document's own undo: that knows what Quill doesn't show, and never takes
 * back what others wrote.
 */

import { Module, Quill } from "../../vendor/quill.js";

class OwnHistory extends Module {
  #manager = null;

  constructor(quill, options) {
    super(quill, options);
    const { keyboard, root } = quill;
    keyboard.addBinding({ key: "z", shortKey: true }, () => this.undo());
    keyboard.addBinding({ key: ["z", "Z"], shortKey: true, shiftKey: true }, () => this.redo());
    keyboard.addBinding({ key: "y", shortKey: true }, () => this.redo());
    root.addEventListener("beforeinput", (event) => {
      if (!["historyUndo", "historyRedo"].includes(event.inputType)) return;
      event.preventDefault();
      if (event.inputType === "historyUndo") this.undo();
      else this.redo();
    });
  }

  /** @param {import("../collab/undo.js").UndoManager} manager */
  use(manager) {
    this.#manager = manager;
  }

  undo() {
    this.#show(this.#manager?.undo());
  }

  redo() {
    this.#show(this.#manager?.redo());
  }

  /** Quill asks for it where one key does two things. */
  cutoff() {
    this.#manager?.endGroup();
  }

  clear() {
    this.#manager?.clear();
  }

  #show(operation) {
    if (!operation) return;
    this.quill.setSelection(Math.min(endOf(operation), this.quill.getLength() - 1), 0, "user");
    this.quill.scrollSelectionIntoView();
  }
}

/** Where the last change of an operation ends, in the content that it leads to. */
export function endOf({ ops }) {
  let offset = 0;
  let end = 0;
  for (const { retain = 0, insert = "", attributes, delete: removed } of ops) {
    offset += retain + (typeof insert === "string" ? insert.length : 1);
    if (retain === 0 || attributes || removed) end = offset;
  }
  return end;
}

export const registerHistory = () => Quill.register("modules/history", OwnHistory, true);
