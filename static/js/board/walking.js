/**
 * The keyboard from item to item: Tab goes through one item and on, the arrow keys up and down go to the same
 * control of the next one. In a text that is where the caret has no line left to go to.
 */

const STEPS = { ArrowUp: -1, ArrowDown: 1 };
const ENDS = { Home: "first", End: "last" };

/**
 * @param {HTMLElement} list
 * @param {import("./board.js").Board} board
 */
export function walk(list, board) {
  list.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const isText = target.matches(".item-text");
    if (Object.hasOwn(STEPS, key)) {
      const go = () => arrive(target, board.beside(target, STEPS[key]));
      if (!isText || hasOneLine(target)) event.preventDefault(), go();
      else whereItStays(target, go);
    } else if (Object.hasOwn(ENDS, key) && !isText) {
      event.preventDefault();
      arrive(target, board[ENDS[key]]);
    }
  });
}

/** To the control of the same kind. */
function arrive(control, row) {
  const other = row?.controls.find(({ dataset }) => dataset.testid === control.dataset.testid);
  if (!other) return;
  other.focus();
  if (other.matches(".item-text")) other.setSelectionRange(other.value.length, other.value.length);
}

const hasOneLine = (field) => field.clientHeight < 2 * parseFloat(getComputedStyle(field).lineHeight);

/** Once the browser has moved the caret: whether there was a line to move it to. */
function whereItStays(field, go) {
  const { selectionStart, selectionEnd } = field;
  setTimeout(() => {
    const stays = field.selectionStart === selectionStart && field.selectionEnd === selectionEnd;
    if (stays && document.activeElement === field) go();
  });
}
