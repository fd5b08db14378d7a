/** The elements that show where one person is; they are moved, not made anew. */

import { colorOf } from "./color.js";

/**
 * @typedef {{left: number, top: number, width: number | null, height: number}} Rectangle in the layer; a caret has no width
 * @typedef {{caret: Rectangle | null, selection: Rectangle[]}} Places
 */

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

  /** @param {import("../collab/presence.js").Editor} user @param {Places | null} places null: not in view */
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
    if (!this.#caret.isConnected) this.#layer.append(this.#caret);
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
