/**
 * Everyone else's cursors and selections, drawn in a layer over the text: those in view, once in a frame. There is
 * nothing of them in the lines, which are not wrapped anew by them, and in which an input method may compose.
 */

import { EditorSelection, RectangleMarker, ViewPlugin } from "../../vendor/codemirror.js";
import { CursorLabels } from "../page/cursor_labels.js";
import { CursorMark } from "../page/cursor_mark.js";
import { settled } from "./binding.js";

/** Of the time that has gone by since the last drawing, no more than one part in so many is spent on it. */
const REST_FACTOR = 4;

/**
 * The extension; it follows `shared.users`.
 * @param {import("../collab/document.js").CollabDocument} shared
 * @param {import("./incoming.js").Incoming} incoming
 * @param {import("../page/frame.js").Frame} frame
 */
export function remoteCursors(shared, incoming, frame) {
  return ViewPlugin.define((view) => new Cursors(view, shared, incoming, frame));
}

class Cursors {
  #marks = new Map(); // clientId → CursorMark
  #carets = new Map(); // clientId → its rectangle, of those in view
  #stale = new Set(); // clientIds of those who have moved in a text that has not
  #isTextStale = true;
  #isOpen = true;
  #restUntil = 0;
  #timer = null;

  constructor(view, shared, incoming, frame) {
    Object.assign(this, { view, shared, incoming });
    this.layer = document.createElement("div");
    this.layer.className = "cursors";
    this.layer.setAttribute("aria-hidden", "true");
    view.scrollDOM.append(this.layer);
    this.plan = frame.step(() => this.#drawUnlessTooSoon());
    this.labels = new CursorLabels(this.layer, view.scrollDOM, this.plan);
    this.removers = [
      shared.on("presence", ({ client_id: clientId }) => this.#moved(clientId, true)),
      shared.on("users", () => this.plan()),
      shared.on("change", ({ origin, clientId }) => origin === "remote" && this.#moved(clientId, false)),
    ];
    this.plan();
  }

  #moved(clientId, byItself) {
    const user = this.shared.users.find((each) => each.clientId === clientId);
    if (!user) return;
    this.labels.moved(clientId, byItself ? user.movedBy : 0);
    this.#stale.add(clientId);
    this.plan();
  }

  update({ docChanged, viewportChanged, geometryChanged, transactions }) {
    const isSettled = transactions.some(({ effects }) => effects.some((effect) => effect.is(settled)));
    if (!docChanged && !viewportChanged && !geometryChanged && !isSettled) return;
    this.#isTextStale = true;
    this.plan();
  }

  #drawUnlessTooSoon() {
    const began = performance.now();
    if (!this.#isOpen) return;
    if (began < this.#restUntil) {
      this.#timer ??= setTimeout(this.plan, this.#restUntil - began);
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#draw();
    this.#restUntil = performance.now() + (REST_FACTOR - 1) * (performance.now() - began);
  }

  #draw() {
    const users = new Map(this.shared.users.filter(({ cursor }) => cursor).map((user) => [user.clientId, user]));
    for (const clientId of users.keys()) if (!this.#marks.has(clientId)) this.#stale.add(clientId);
    const ids = this.#isTextStale ? [...users.keys()] : [...this.#stale].filter((clientId) => users.has(clientId));
    // All is measured first and moved then, so that the text is laid out once.
    const measured = ids.map((clientId) => [clientId, this.#placesOf(users.get(clientId))]);
    const room = { top: this.view.scrollDOM.scrollTop, width: this.view.scrollDOM.clientWidth };
    this.#isTextStale = false;
    this.#stale.clear();
    this.#removeOthersThan(users);
    for (const [clientId, places] of measured) this.#show(users.get(clientId), places);
    const carets = [...this.#carets].map(([clientId, place]) => {
      const { name, color } = users.get(clientId);
      return { clientId, name, color, ...place };
    });
    this.labels.draw(carets, room);
  }

  #show(user, places) {
    const { clientId } = user;
    if (!this.#marks.has(clientId)) this.#marks.set(clientId, new CursorMark(this.layer, clientId));
    this.#marks.get(clientId).show(user, places);
    if (places?.caret) this.#carets.set(clientId, places.caret);
    else this.#carets.delete(clientId);
  }

  #removeOthersThan(users) {
    for (const [clientId, mark] of this.#marks) {
      if (users.has(clientId)) continue;
      mark.remove();
      this.labels.left(clientId);
      this.#marks.delete(clientId);
      this.#carets.delete(clientId);
    }
  }

  /** @returns {import("../page/cursor_mark.js").Places | null} null: out of view */
  #placesOf({ cursor }) {
    const { view } = this;
    const place = (offset) => Math.min(this.incoming.toShown(offset), view.state.doc.length);
    const [anchor, head] = [place(cursor.anchor), place(cursor.head)];
    // An empty text has no visible ranges.
    const ranges = view.visibleRanges.length > 0 ? view.visibleRanges : [view.viewport];
    const isIn = (from, to) => ranges.some((range) => from <= range.to && to >= range.from);
    if (!isIn(Math.min(anchor, head), Math.max(anchor, head))) return null;
    const rectangles = (range) =>
      RectangleMarker.forRange(view, "", range).map(({ left, top, width, height }) => ({ left, top, width, height }));
    const selection = anchor === head ? [] : rectangles(EditorSelection.range(anchor, head));
    const [caret = null] = isIn(head, head) ? rectangles(EditorSelection.cursor(head)) : [];
    return { caret, selection };
  }

  destroy() {
    this.#isOpen = false;
    clearTimeout(this.#timer);
    this.removers.forEach((remove) => remove());
    this.labels.close();
    this.layer.remove();
  }
}
