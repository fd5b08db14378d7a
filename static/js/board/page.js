/** The page of a board: put together here, nothing else. */

import { json } from "../collab/ot/json.js";
import { UndoManager } from "../collab/undo.js";
import { icon } from "../editor_icons.js";
import { FindBar } from "../page/find_bar.js";
import { find, openPage, testid } from "../page/open.js";
import { Board } from "./board.js";
import { Finding } from "./finding.js";
import { plain } from "./items.js";

openPage({
  type: json,
  plain,
  onReady: (shared, presence) => {
    const undo = new UndoManager(shared);
    const board = new Board(shared, undo, presence, { list: testid("items"), note: find("#note") });
    bindForm(shared, board);
    bindUndo(undo);
    const bar = new FindBar(testid("board"), new Finding(shared, board));
    shared.on("change", () => bar.changed());
    testid("board").setAttribute("aria-busy", "false");
  },
});

function bindForm(shared, board) {
  const input = find("#new-item");
  const skip = find("#skip");
  const show = () => (find("#new-item-form").hidden = skip.hidden = !board.mayEdit);
  skip.addEventListener("click", (event) => {
    event.preventDefault();
    input.focus();
  });
  find("#new-item-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (text === "") return;
    board.add(text);
    input.value = "";
  });
  shared.on("status", show);
  shared.on("change", show);
  show();
  if (matchMedia("(pointer: fine)").matches) input.focus();
}

function bindUndo(undo) {
  const buttons = { undo: testid("undo"), redo: testid("redo") };
  for (const [name, button] of Object.entries(buttons)) {
    button.append(icon(name));
    button.addEventListener("click", () => undo[name]());
  }
  const show = () => {
    buttons.undo.disabled = !undo.canUndo;
    buttons.redo.disabled = !undo.canRedo;
  };
  undo.on("change", show);
  show();
  addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    // The fields that are not the board's have an undo of their own.
    if (event.target.matches("input") && !event.target.matches(".item-text, [type=checkbox]")) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) undo.redo();
    else undo.undo();
  });
}
