/** The CodeMirror view of a shared document. */

import {
  EditorState, EditorView, Compartment, crosshairCursor, defaultKeymap, drawSelection, dropCursor,
  highlightSpecialChars, history, historyKeymap, keymap, placeholder, rectangularSelection, search, searchKeymap,
} from "../../vendor/codemirror.js";
import { Frame } from "../page/frame.js";
import { placeholderOf } from "../page/reading.js";
import { collaboration, showRemote } from "./binding.js";
import { remoteCursors } from "./cursors.js";
import { Incoming } from "./incoming.js";
import { lineEnds } from "./line_ends.js";
import { markdown } from "./markdown_language.js";
import { markdownKeys } from "./markdown_keys.js";
import { appearance } from "./appearance.js";
import { direction } from "./direction.js";
import { bindFind } from "./find.js";
import { findCount } from "./find_count.js";

/**
 * @param {import("../collab/document.js").CollabDocument} shared with content
 * @param {HTMLElement} parent
 * @param {{follow: (view: EditorView) => void, toggle: () => void}} preview
 * @returns {EditorView}
 */
export function openEditor(shared, parent, preview) {
  const readOnly = new Compartment();
  const incoming = new Incoming(shared.type);
  const frame = new Frame();
  // Before the cursors, which are drawn where they are in the text as it is shown then.
  showRemote(shared, incoming, frame, () => view);
  const state = EditorState.create({
    doc: shared.content,
    extensions: [
      // Only \n ends a line here, so that offsets are those of the document, \r included.
      EditorState.lineSeparator.of("\n"),
      EditorView.clipboardInputFilter.of((text) => text.replace(/\r\n?/g, "\n")),
      lineEnds,
      EditorState.allowMultipleSelections.of(true),
      EditorView.lineWrapping,
      direction,
      // What can't be edited is reached by the keyboard all the same, to be read and searched.
      EditorView.contentAttributes.of({ "aria-label": "Text", tabindex: "0", spellcheck: "true", autocapitalize: "sentences" }),
      highlightSpecialChars(),
      history(),
      drawSelection(),
      dropCursor(),
      rectangularSelection(),
      crosshairCursor(),
      search({ top: true }),
      findCount,
      markdown,
      keymap.of([
        { key: "Mod-Alt-p", run: () => (preview.toggle(), true) },
        ...markdownKeys, ...defaultKeymap, ...historyKeymap, ...searchKeymap,
      ]),
      readOnly.of(access(shared)),
      appearance,
      remoteCursors(shared, incoming, frame),
      collaboration(shared, incoming),
    ],
  });
  const view = new EditorView({ state, parent });
  parent.setAttribute("aria-busy", "false");
  bindAccess(shared, view, readOnly);
  bindFind(view);
  view.scrollDOM.addEventListener("scroll", () => preview.follow(view), { passive: true });
  return view;
}

const access = (shared) => [
  EditorState.readOnly.of(!shared.mayEdit),
  EditorView.editable.of(shared.mayEdit),
  placeholder(placeholderOf(shared)),
  shared.mayEdit ? [] : EditorView.contentAttributes.of({ "aria-readonly": "true" }),
];

/** A role may change with a new connection. */
function bindAccess(shared, view, readOnly) {
  let may = shared.mayEdit;
  shared.on("status", () => {
    if (shared.mayEdit === may) return;
    may = shared.mayEdit;
    view.dispatch({ effects: readOnly.reconfigure(access(shared)) });
  });
}
