/** Dragging an item by its grip, with a mouse, a pen or a finger. */

/**
 * @param {PointerEvent} event the press on the grip
 * @param {import("./row.js").Row} dragged
 * @param {import("./board.js").Board} board
 * @param {(before: import("./row.js").Row | null) => void} drop where it was let go; null for the end
 */
export function drag(event, dragged, board, drop) {
  if (event.button !== 0) return;
  const grip = event.currentTarget;
  let before; // undefined until it has moved
  grip.setPointerCapture(event.pointerId);

  const mark = (row) => {
    if (row === before) return;
    before?.element.classList.remove("drop-before");
    row?.element.classList.add("drop-before");
    board.list.classList.toggle("drop-at-end", row === null);
    before = row;
  };
  const move = ({ clientY }) => {
    dragged.element.classList.add("is-dragged");
    mark(placeAt(clientY, dragged, board));
  };
  const end = ({ type }) => {
    grip.removeEventListener("pointermove", move);
    for (const name of ["pointerup", "pointercancel"]) grip.removeEventListener(name, end);
    dragged.element.classList.remove("is-dragged");
    const place = before;
    mark(undefined);
    const stays = place === undefined || place === after(dragged, board);
    if (type === "pointerup" && !stays) drop(place);
  };
  grip.addEventListener("pointermove", move);
  for (const name of ["pointerup", "pointercancel"]) grip.addEventListener(name, end);
}

/** The row before which the dragged one is at this height; null for the end. */
function placeAt(clientY, dragged, board) {
  const { left, width, top, bottom } = board.list.getBoundingClientRect();
  const view = board.list.parentElement.getBoundingClientRect();
  // What is out of view is not under the pointer.
  const y = Math.min(Math.max(clientY, view.top + 1), view.bottom - 1);
  if (y < top) return other(board.first, dragged, board);
  if (y >= bottom) return null;
  // One look, however many rows there are.
  const element = document.elementsFromPoint(left + width / 2, y).find((each) => each.matches(".item"));
  const row = element && board.beside(element, 0);
  if (!row || row === dragged) return after(dragged, board);
  const box = element.getBoundingClientRect();
  return y < box.top + box.height / 2 ? row : other(after(row, board), dragged, board);
}

const after = (row, board) => board.beside(row.element, 1) ?? null;

const other = (row, dragged, board) => (row === dragged ? after(dragged, board) : row);
