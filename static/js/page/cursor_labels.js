/**
 * Whose the cursors are. A name is shown for a while when its cursor begins to move or has gone elsewhere, not all the
 * time while its owner types: it hides what is above. It is shown, too, while the pointer is near the cursor. Names
 * at about one place are one label.
 */

import { colorOf } from "./color.js";
import { shortNames } from "./short_names.js";

const SHOWN_MILLISECONDS = 2500;
/** Who did nothing for so long is named when they go on. */
const REST_MILLISECONDS = 10_000;
/** A cursor that has gone further, in the units of the document, is elsewhere. */
const FAR = 40;
/** About as wide as a label is at most, and as high. */
const LABEL_PIXELS = 130;
const LABEL_HEIGHT_PIXELS = 20;
/** Cursors that are so near to each other are at one place. */
const SAME_PIXELS = 4;
const POINTER_PIXELS = 8;
const FADE_MILLISECONDS = 300;

/**
 * @typedef {object} Caret
 * @property {string} clientId
 * @property {string} name
 * @property {string} color
 * @property {number} left in the layer, as all of these
 * @property {number} top
 * @property {number} height
 */

export class CursorLabels {
  #named = new Map(); // clientId → the timer that takes its name away; the last one is that of the latest
  #activeAt = new Map();
  #pointed = new Set(); // clientIds
  #carets = [];
  #labels = [];

  /**
   * @param {HTMLElement} layer positioned over the text
   * @param {HTMLElement} area in which the pointer is followed
   * @param {() => void} plan a drawing
   */
  constructor(layer, area, plan) {
    Object.assign(this, { layer, plan });
    area.addEventListener("pointermove", (event) => this.#point(event), { passive: true });
    area.addEventListener("pointerleave", () => this.#point(null));
  }

  /**
   * Somebody was active.
   * @param {string} clientId
   * @param {number} [distance] that their cursor has gone by more than their edits
   */
  moved(clientId, distance = 0) {
    const now = performance.now();
    const hasRested = !(now - this.#activeAt.get(clientId) < REST_MILLISECONDS);
    this.#activeAt.set(clientId, now);
    if (!hasRested && distance <= FAR) return;
    clearTimeout(this.#named.get(clientId));
    this.#named.delete(clientId);
    this.#named.set(clientId, setTimeout(() => this.#unname(clientId), SHOWN_MILLISECONDS));
    this.plan();
  }

  left(clientId) {
    this.#activeAt.delete(clientId);
    this.#unname(clientId);
  }

  #unname(clientId) {
    clearTimeout(this.#named.get(clientId));
    this.#named.delete(clientId);
    this.plan();
  }

  #point(event) {
    const pointed = new Set(event ? this.#near(event).map(({ clientId }) => clientId) : []);
    if ([...pointed].join() === [...this.#pointed].join()) return;
    this.#pointed = pointed;
    this.plan();
  }

  #near({ clientX, clientY }) {
    if (this.#carets.length === 0) return [];
    const origin = this.layer.getBoundingClientRect();
    const [x, y] = [clientX - origin.left, clientY - origin.top];
    return this.#carets.filter(
      ({ left, top, height }) => Math.abs(left - x) <= POINTER_PIXELS && y >= top && y <= top + height,
    );
  }

  /**
   * @param {Caret[]} carets all that are in view
   * @param {{top: number, width: number}} room above the first of these pixels, and beyond the width, nothing is seen
   */
  draw(carets, room) {
    this.#carets = carets;
    const before = this.#labels;
    this.#labels = this.#groups(carets).map((group) => {
      // Who comes to a place comes to the label that is there.
      const index = before.findIndex((label) => label.names(group));
      const [label] = index < 0 ? [new Label(this.layer)] : before.splice(index, 1);
      label.show(group, room);
      return label;
    });
    before.forEach((label) => label.fade());
  }

  /** The carets of each label, those first that have moved last. */
  #groups(carets) {
    const order = [...this.#named.keys()];
    const latest = ({ clientId }) => (this.#pointed.has(clientId) ? Infinity : order.indexOf(clientId));
    const isNamed = ({ clientId }) => this.#named.has(clientId) || this.#pointed.has(clientId);
    const groups = [];
    for (const caret of carets.filter(isNamed).sort((one, other) => latest(other) - latest(one))) {
      const group = groups.find(([first]) => isNear(first, caret, LABEL_PIXELS));
      if (group) group.push(caret);
      else groups.push([caret]);
    }
    for (const group of groups) {
      const [first] = group;
      group.push(...carets.filter((caret) => !isNamed(caret) && isNear(first, caret, SAME_PIXELS)));
    }
    return groups;
  }

  close() {
    this.#named.forEach((timer) => clearTimeout(timer));
  }
}

const isNear = (one, other, pixels) =>
  Math.abs(one.top - other.top) < one.height / 2 && Math.abs(one.left - other.left) < pixels;

class Label {
  #place = "";
  #names = "";
  #clientIds = new Set();

  constructor(layer) {
    this.element = document.createElement("div");
    this.element.className = "cursor-label";
    this.element.dataset.testid = "cursor-label";
    layer.append(this.element);
  }

  /** Whether it is that of one of these. */
  names(group) {
    return group.some(({ clientId }) => this.#clientIds.has(clientId));
  }

  show(group, room) {
    this.#clientIds = new Set(group.map(({ clientId }) => clientId));
    const [{ left, top, height, color }] = group;
    const isAtTop = top - room.top < LABEL_HEIGHT_PIXELS;
    const isAtEnd = left > room.width - LABEL_PIXELS;
    const place = `translate(${left}px, ${isAtTop ? top + height : top}px) translate(${isAtEnd ? "-100%" : 0}, ${isAtTop ? 0 : "-100%"})`;
    if (place !== this.#place) {
      this.#place = place;
      this.element.style.setProperty("transform", place);
      this.element.classList.toggle("at-top", isAtTop);
      this.element.classList.toggle("at-end", isAtEnd);
    }
    this.#name(group.map(({ name }) => name), color);
  }

  /** Most of the time a label moves only: to write its names again has them laid out again. */
  #name(names, color) {
    const shown = JSON.stringify([color, names]);
    if (shown === this.#names) return;
    this.#names = shown;
    this.element.style.setProperty("--person", colorOf(color));
    this.element.replaceChildren(...shortNames(names));
  }

  fade() {
    this.element.classList.add("is-fading");
    delete this.element.dataset.testid;
    setTimeout(() => this.element.remove(), FADE_MILLISECONDS);
  }
}
