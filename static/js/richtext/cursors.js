/**
 * Everyone else's cursors and selections, drawn in a layer over the text: those in view, once in a frame. All are
 * measured first, then moved, so that the text is laid out once.
 */

import { CursorLabels } from "../page/cursor_labels.js";
import { CursorMark } from "../page/cursor_mark.js";
import { BlocksInView } from "./blocks_in_view.js";

/** Marks are ready so far above and below what is in view, in heights of that. */
const MARGIN = 0.5;

/**
 * @param {import("../collab/document.js").CollabDocument} shared
 * @param {import("../../vendor/quill.js").Quill} quill
 * @param {import("../page/frame.js").Frame} frame
 */
export function showCursors(shared, quill, frame) {
  const layer = document.createElement("div");
  layer.className = "cursors";
  layer.setAttribute("aria-hidden", "true");
  quill.container.append(layer);
  const sheet = quill.container.closest(".sheet") ?? quill.container;
  const marks = new Map(); // clientId → CursorMark
  const carets = new Map(); // clientId → its rectangle, of those in view
  const stale = new Set(); // the clientIds of marks that have moved in a text that has not
  let isTextStale = true;

  const draw = frame.step(() => {
    const users = new Map(shared.users.filter(({ cursor }) => cursor).map((user) => [user.clientId, user]));
    const ids = isTextStale ? [...users.keys()] : [...stale].filter((id) => users.has(id));
    const measured = ids.length > 0 ? measure(quill, layer, ids.map((id) => users.get(id))) : new Map();
    const origin = layer.getBoundingClientRect();
    const room = { top: Math.max(0, sheet.getBoundingClientRect().top - origin.top), width: origin.width };
    isTextStale = false;
    stale.clear();
    for (const [id, mark] of marks) {
      if (users.has(id)) continue;
      mark.remove();
      labels.left(id);
      marks.delete(id);
      carets.delete(id);
    }
    for (const [id, places] of measured) {
      if (places?.caret) carets.set(id, places.caret);
      else carets.delete(id);
      if (!marks.has(id) && !places) continue;
      if (!marks.has(id)) marks.set(id, new CursorMark(layer, id));
      marks.get(id).show(users.get(id), places);
    }
    const named = [...carets].map(([clientId, place]) => {
      const { name, color } = users.get(clientId);
      return { clientId, name, color, ...place };
    });
    labels.draw(named, room);
  });
  const labels = new CursorLabels(layer, quill.container, draw);
  const drawAll = () => {
    isTextStale = true;
    draw();
  };
  const noteMove = (clientId, isTold) => {
    const user = shared.users.find((each) => each.clientId === clientId);
    if (!user) return;
    labels.moved(clientId, isTold ? user.movedBy : 0);
    stale.add(clientId);
    draw();
  };
  shared.on("presence", ({ client_id: clientId }) => noteMove(clientId, true));
  shared.on("users", drawAll);
  shared.on("change", ({ origin, clientId }) => origin === "remote" && noteMove(clientId, false));
  quill.on("editor-change", (kind) => kind === "text-change" && drawAll());
  // Pictures that have loaded move what is below.
  quill.root.addEventListener("load", drawAll, true);
  document.addEventListener("scroll", drawAll, { capture: true, passive: true });
  new ResizeObserver(drawAll).observe(quill.root);
  drawAll();
}

/**
 * Where the marks of people are, in the coordinates of the layer.
 * @returns {Map<string, {caret: object | null, selection: object[]} | null>} by clientId; null: out of view
 */
function measure(quill, layer, users) {
  const origin = layer.getBoundingClientRect();
  const height = window.innerHeight;
  const blocks = new BlocksInView(quill, -MARGIN * height, (1 + MARGIN) * height);
  const relative = ({ left, top, width = 0, height }) => ({
    left: rounded(left - origin.left),
    top: rounded(top - origin.top),
    width: rounded(width),
    height: rounded(height),
  });
  const places = new Map();
  for (const { clientId, cursor } of users) {
    const [anchor, head] = [blocks.within(cursor.anchor), blocks.within(cursor.head)];
    const caret = blocks.has(cursor.head) ? blocks.caretAt(head) : null;
    const selection = anchor === head ? [] : blocks.rectanglesOf(Math.min(anchor, head), Math.max(anchor, head));
    const isSeen = caret !== null || selection.length > 0;
    places.set(clientId, isSeen ? { caret: caret && relative(caret), selection: selection.map(relative) } : null);
  }
  return places;
}

/** As a style keeps it, so that what has not moved is known by it. */
const rounded = (pixels) => Math.round(pixels * 100) / 100;
