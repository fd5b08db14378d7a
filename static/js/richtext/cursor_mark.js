/** The elements that show where one person is; they are moved, not made anew. */

import { colorOf } from "../page/color.js";

/** Above a caret that is higher than this there is no room for a name. */
const NAME_PIXELS = 20;

export class CursorMark {
  #layer;
  #caret;
  #selection = [];

  /** @param {HTMLElement} layer @param {string} clientId */
  constructor(layer, clientId) {
    this.#layer = layer;
    this.#caret = element("remote-caret");
    this.#caret.dataset.testid = "remote-cursor";
    this.#caret.dataset.clientId = clientId;
  }

  /**
   * @param {import("../collab/presence.js").Editor} user
   * @param {{caret: object | null, selection: object[]} | null} places rectangles in the layer; null: not in view
   */
  show({ color }, places) {
    const { caret = null, selection = [] } = places ?? {};
    while (this.#selection.length > selection.length) this.#selection.pop().remove();
    while (this.#selection.length < selection.length) {
      this.#selection.push(element("remote-selection"));
      this.#layer.append(this.#selection.at(-1));
    }
    selection.forEach((rectangle, index) => {
      put(this.#selection[index], rectangle, color);
      set(this.#selection[index], "width", `${rectangle.width}px`);
    });
    if (!caret) return this.#caret.remove();
    put(this.#caret, caret, color);
    this.#caret.classList.toggle("at-top", caret.top < NAME_PIXELS);
    if (!this.#caret.isConnected) this.#layer.append(this.#caret);
  }

  name({ name }, isFresh) {
    if (this.#caret.dataset.name !== name) this.#caret.dataset.name = name;
    this.#caret.classList.toggle("fresh", isFresh);
  }

  remove() {
    this.#caret.remove();
    this.#selection.forEach((rectangle) => rectangle.remove());
  }
}

function element(className) {
  const made = document.createElement("div");
  made.className = className;
  return made;
}

function put(mark, { left, top, height }, color) {
  set(mark, "--person", colorOf(color));
  set(mark, "transform", `translate(${left}px, ${top}px)`);
  set(mark, "height", `${height}px`);
}

/** What a style is already costs nothing then. */
function set(mark, name, value) {
  if (mark.style.getPropertyValue(name) !== value) mark.style.setProperty(name, value);
}
