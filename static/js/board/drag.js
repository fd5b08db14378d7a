/** Dragging an item by its grip, with a mouse, a pen or a finger. */

/**
 * @param {PointerEvent} event the press on the grip
 * @param {HTMLElement} dragged
 * @param {HTMLElement} list whose children are the items
 * @param {(before: HTMLElement | null) => void} drop where it was let go; null for the end
 */
export function drag(event, dragged, list, drop) {
  if (event.button !== 0) return;
  const grip = event.currentTarget;
  let before; // undefined until it has moved
  grip.setPointerCapture(event.pointerId);

  const mark = (element) => {
    for (const child of list.children) child.classList.toggle("drop-before", child === element);
    list.classList.toggle("drop-at-end", element === null);
  };
  const move = ({ clientY }) => {
    const others = [...list.children].filter((child) => child !== dragged);
    before = others.find((child) => {
      const { top, height } = child.getBoundingClientRect();
      return clientY < top + height / 2;
    }) ?? null;
    dragged.classList.add("is-dragged");
    mark(before);
  };
  const end = ({ type }) => {
    grip.removeEventListener("pointermove", move);
    for (const name of ["pointerup", "pointercancel"]) grip.removeEventListener(name, end);
    dragged.classList.remove("is-dragged");
    mark(undefined);
    const stays = before === undefined || before === dragged.nextElementSibling;
    if (type === "pointerup" && !stays && dragged.isConnected) drop(before);
  };
  grip.addEventListener("pointermove", move);
  for (const name of ["pointerup", "pointercancel"]) grip.addEventListener(name, end);
}
