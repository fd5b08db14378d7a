/** Everyone else's cursors and selections, drawn in a layer over the text. */

import { colorOf } from "../page/color.js";

/** How long a name stays beside a cursor that has moved. */
const NAME_MILLISECONDS = 2500;

/**
 * @param {import("../collab/document.js").CollabDocument} shared
 * @param {import("../../vendor/quill.js").Quill} quill
 */
export function showCursors(shared, quill) {
  const layer = document.createElement("div");
  layer.className = "cursors";
  layer.setAttribute("aria-hidden", "true");
  quill.container.append(layer);
  const moved = new Map(); // clientId → the timer that takes its name away
  let planned = false;

  const draw = () => {
    planned = false;
    const origin = layer.getBoundingClientRect();
    const marks = shared.users.filter(({ cursor }) => cursor).flatMap((user) => marksOf(quill, user, origin, moved));
    layer.replaceChildren(...marks);
  };
  const plan = () => {
    if (planned) return;
    planned = true;
    requestAnimationFrame(draw);
  };
  const noteMove = (clientId) => {
    clearTimeout(moved.get(clientId));
    moved.set(clientId, setTimeout(() => (moved.delete(clientId), plan()), NAME_MILLISECONDS));
    plan();
  };
  shared.on("presence", ({ client_id: clientId }) => noteMove(clientId));
  shared.on("users", plan);
  shared.on("change", ({ origin, clientId }) => (origin === "remote" ? noteMove(clientId) : plan()));
  quill.on("editor-change", plan);
  // Pictures that have loaded move what is below.
  quill.root.addEventListener("load", plan, true);
  new ResizeObserver(plan).observe(quill.root);
  plan();
}

function marksOf(quill, { clientId, name, color, cursor }, origin, moved) {
  const end = quill.getLength() - 1;
  const [anchor, head] = [Math.min(cursor.anchor, end), Math.min(cursor.head, end)];
  const made = (className, { left, top, width, height }) => {
    const mark = document.createElement("div");
    mark.className = className;
    mark.style.setProperty("--person", colorOf(color));
    mark.style.transform = `translate(${left - origin.left}px, ${top - origin.top}px)`;
    if (width !== undefined) mark.style.width = `${width}px`;
    mark.style.height = `${height}px`;
    return mark;
  };
  const rectangles = anchor === head ? [] : rectanglesOf(quill, Math.min(anchor, head), Math.max(anchor, head));
  const marks = rectangles.map((rectangle) => made("remote-selection", rectangle));
  const place = placeOf(quill, head);
  if (place) {
    const caret = made(moved.has(clientId) ? "remote-caret fresh" : "remote-caret", place);
    caret.dataset.testid = "remote-cursor";
    caret.dataset.clientId = clientId;
    caret.dataset.name = name;
    if (place.top - origin.top < 20) caret.classList.add("at-top");
    marks.push(caret);
  }
  return marks;
}

function placeOf(quill, index) {
  const bounds = quill.getBounds(index);
  if (!bounds) return null;
  const { left, top } = quill.container.getBoundingClientRect();
  return { left: bounds.left + left, top: bounds.top + top, height: bounds.height };
}

/** The rectangles of a selection, line by line, as the browser lays it out. */
function rectanglesOf(quill, from, to) {
  const range = document.createRange();
  range.setStart(...pointOf(quill, from));
  range.setEnd(...pointOf(quill, to));
  return [...range.getClientRects()].filter(({ width, height }) => width > 0 && height > 0);
}

function pointOf(quill, index) {
  const [leaf, offset] = quill.getLeaf(index);
  if (!leaf) return [quill.root, 0];
  return leaf.position ? leaf.position(offset, true) : [leaf.domNode, 0];
}
