/** One item of the board on the page. */

import { affixes } from "../collab/ot/affixes.js";
import { icon } from "../icons.js";
import { fromField, fromFieldText, shownText, toField } from "./field.js";

const button = (name, label, testid) => {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "icon-button small";
  element.dataset.testid = testid;
  element.setAttribute("aria-label", label);
  element.title = label;
  element.append(icon(name));
  return element;
};

export class Row {
  #text = ""; // as the document has it
  #composed = null;
  #labels;
  #marks = null;

  /**
   * @param {string} id
   * @param {object} actions what the user does: write(text), compose(isComposing), tick(done), count(change),
   *   remove(), move(step), drag(event), next(), focus(isFocused)
   */
  constructor(id, actions) {
    this.id = id;
    const element = (this.element = document.createElement("li"));
    element.className = "item";
    element.dataset.testid = "item";
    element.dataset.itemId = id;
    this.grip = button("grip", "Move: arrow keys, or drag", "item-grip");
    this.grip.classList.add("grip");
    this.done = document.createElement("input");
    this.done.type = "checkbox";
    this.done.dataset.testid = "item-done";
    // It grows with its words.
    this.text = document.createElement("textarea");
    this.text.rows = 1;
    this.text.dir = "auto";
    this.text.className = "item-text";
    this.text.dataset.testid = "item-text";
    this.text.setAttribute("aria-label", "What is to be done");
    this.text.autocomplete = "off";
    this.field = document.createElement("div");
    this.field.className = "item-field";
    this.field.append(this.text);
    this.people = document.createElement("span");
    this.people.className = "item-people";
    this.less = button("minus", "One less", "item-less");
    this.number = document.createElement("output");
    this.number.className = "item-count";
    this.number.dataset.testid = "item-count";
    this.more = button("plus", "One more", "item-more");
    this.gone = button("remove", "Delete", "item-delete");
    const counter = document.createElement("span");
    counter.className = "counter";
    this.#labels = new Map([
      [this.grip, "Move with the arrow keys"],
      [this.done, "Done"],
      [this.less, "One less"],
      [this.more, "One more"],
      [this.gone, "Delete"],
    ]);
    counter.append(this.less, this.number, this.more);
    element.append(this.grip, this.done, this.field, this.people, counter, this.gone);
    this.#listen(actions);
  }

  #listen(actions) {
    this.done.addEventListener("change", () => actions.tick(this.done.checked));
    this.less.addEventListener("click", () => actions.count(-1));
    this.more.addEventListener("click", () => actions.count(1));
    this.gone.addEventListener("click", () => actions.remove());
    this.grip.addEventListener("pointerdown", (event) => actions.drag(event));
    this.grip.addEventListener("keydown", (event) => {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (step) event.preventDefault(), actions.move(step);
    });
    this.text.addEventListener("input", () => {
      if (this.#composed) actions.compose(this.text.value !== shownText(this.#composed.before));
      else actions.write(fromFieldText(this.#text, this.text.value));
    });
    this.text.addEventListener("compositionstart", () => (this.#composed = { before: this.#text, moves: [] }));
    this.text.addEventListener("compositionend", () => this.#endComposition(actions));
    this.text.addEventListener("focus", () => actions.focus(true));
    this.text.addEventListener("blur", () => actions.focus(false));
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) event.preventDefault(), actions.next();
    });
  }

  #endComposition(actions) {
    const { before, moves } = this.#composed;
    this.#composed = null;
    const text = fromFieldText(before, this.text.value);
    const { start, end } = affixes(before, text);
    const inserted = text.slice(start, text.length - end);
    const place = moves.reduce((offset, move) => move(offset), start);
    const held = this.#text;
    const removed = moves.length > 0 ? 0 : before.length - end - start;
    actions.write(held.slice(0, place) + inserted + held.slice(place + removed));
    const caret = toField(this.#text, place + inserted.length);
    this.text.value = shownText(this.#text);
    this.text.setSelectionRange(caret, caret);
    actions.compose(false);
  }

  get isComposing() {
    return this.#composed !== null;
  }

  /** @param {import("./items.js").Item} item */
  show({ text, done, count }, mayEdit) {
    // What is found there is seen anew.
    if (text !== this.#text) this.mark([]);
    this.#text = text;
    const shown = shownText(text);
    if (this.text.value !== shown && !this.#composed) this.text.value = shown;
    for (const [control, label] of this.#labels) control.setAttribute("aria-label", text ? `${label}: ${text}` : label);
    this.done.checked = done;
    this.number.textContent = String(count);
    this.element.classList.toggle("is-done", done);
    this.text.readOnly = !mayEdit;
    for (const control of [this.done, this.less, this.more, this.gone, this.grip]) control.disabled = !mayEdit;
  }

  /** Others' text, with the caret where it was among the words. */
  showText(text, caretAfter) {
    // What an input method composes must not be touched: it is put among the others' words at its end.
    if (this.#composed) return void this.#composed.moves.push(caretAfter);
    const { selectionStart, selectionEnd, selectionDirection } = this.text;
    const before = this.#text;
    if (before === text) return;
    this.mark([]);
    this.#text = text;
    this.text.value = shownText(text);
    if (document.activeElement !== this.text) return;
    const moved = (caret) => toField(text, caretAfter(fromField(before, caret)));
    this.text.setSelectionRange(moved(selectionStart), moved(selectionEnd), selectionDirection);
  }

  /**
   * Mark parts of the text.
   * @param {{from: number, to: number}[]} parts ascending offsets, none in another; [] for none
   * @param {number} [current] the index of one that is marked more than the others
   */
  mark(parts, current = -1) {
    this.#marks?.remove();
    this.#marks = null;
    if (parts.length === 0) return;
    const text = this.#text;
    const layer = (this.#marks = document.createElement("div"));
    layer.className = "item-marks";
    layer.dir = "auto";
    layer.setAttribute("aria-hidden", "true");
    let end = 0;
    parts.forEach(({ from, to }, index) => {
      const mark = document.createElement("mark");
      mark.textContent = shownText(text.slice(from, to));
      if (index === current) mark.className = "is-current";
      layer.append(shownText(text.slice(end, from)), mark);
      end = to;
    });
    // A text area has room for what comes after its last line's end.
    layer.append(`${shownText(text.slice(end))}\u200b`);
    this.field.prepend(layer);
  }

  get isMarked() {
    return this.#marks !== null;
  }

  get currentMark() {
    return this.#marks?.querySelector(".is-current") ?? null;
  }

  /** The offset in the text where the selection begins. */
  get caret() {
    return fromField(this.#text, this.text.selectionStart);
  }

  /** @param {number} from an offset in the text @param {number} to */
  select(from, to) {
    this.text.focus();
    this.text.setSelectionRange(toField(this.#text, from), toField(this.#text, to));
  }

  /** @param {{name: string, color: string}[]} people who are at this item */
  showPeople(people) {
    this.element.style.setProperty("--person", people[0]?.color ?? "transparent");
    this.people.replaceChildren(
      ...people.map(({ name, color }) => {
        const tag = document.createElement("span");
        tag.className = "item-person";
        tag.dataset.testid = "item-person";
        tag.style.setProperty("--person", color);
        tag.textContent = name;
        return tag;
      }),
    );
  }
}
