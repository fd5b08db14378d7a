/** One item of the board on the page: what has changed of it is shown, nothing else is touched. */

import { icon } from "../editor_icons.js";
import { fromField, fromFieldText, shownText, toField } from "./field.js";
import { HeldText } from "./held_text.js";

const MAX_PEOPLE = 3;
/** Else the style sheet lays the field out by a copy of its text. */
const GROWS = CSS.supports("field-sizing", "content");

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
  /** The place in the order that the element has; null: none yet. */
  at = null;
  /** Its number among the rows, from the top. */
  index = -1;
  /** @type {HeldText} */
  held;
  #item = null; // as it is shown
  #mayEdit = null;
  #isComposing = false;
  #labels;
  #marks = null;
  #people = "";

  /**
   * @param {string} id
   * @param {object} type of JSON documents
   * @param {object} actions what the user does: write(text), compose(isComposing), tick(done), count(change),
   *   remove(), move(step), drag(event), next(), focus(isFocused)
   */
  constructor(id, type, actions) {
    this.id = id;
    this.held = new HeldText(id, type);
    this.#build();
    this.#listen(actions);
    this.isCurrent = false;
  }

  #build() {
    const element = (this.element = document.createElement("div"));
    element.className = "item";
    element.setAttribute("role", "listitem");
    element.dataset.testid = "item";
    element.dataset.itemId = this.id;
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
      this.#grow();
      if (this.#isComposing) actions.compose(this.text.value !== shownText(this.held.text));
      else actions.write(this.#written);
    });
    // What an input method composes must not be touched: it is put among the others' words at its end.
    this.text.addEventListener("compositionstart", () => (this.#isComposing = true));
    this.text.addEventListener("compositionend", () => {
      this.#isComposing = false;
      actions.write(this.#written);
      actions.compose(false);
    });
    this.text.addEventListener("focus", () => actions.focus(true));
    this.text.addEventListener("blur", () => actions.focus(false));
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) event.preventDefault(), actions.next();
    });
  }

  /** The text as the user has made it. */
  get #written() {
    return fromFieldText(this.held.text, this.text.value);
  }

  #grow() {
    if (!GROWS) this.field.dataset.text = this.text.value;
  }

  get isComposing() {
    return this.#isComposing;
  }

  /** What the keyboard reaches in this row, in its order. */
  get controls() {
    return [this.grip, this.done, this.text, this.less, this.more, this.gone];
  }

  /** Whether Tab goes through this row. */
  set isCurrent(isCurrent) {
    for (const control of this.controls) control.tabIndex = isCurrent ? 0 : -1;
  }

  /** @param {import("./items.js").Item} item as the document has it */
  show(item, mayEdit) {
    const before = this.#item;
    this.#item = item;
    if (!this.#isComposing) this.#showText(item.text);
    if (item.text !== before?.text) {
      // What is found in it is looked for again.
      this.mark([]);
      const { text } = item;
      for (const [control, label] of this.#labels) control.setAttribute("aria-label", text ? `${label}: ${text}` : label);
    }
    if (this.done.checked !== item.done) this.done.checked = item.done;
    if (item.done !== before?.done) this.element.classList.toggle("is-done", item.done);
    if (item.count !== before?.count) this.number.textContent = String(item.count);
    if (mayEdit === this.#mayEdit) return;
    this.#mayEdit = mayEdit;
    this.text.readOnly = !mayEdit;
    for (const control of this.#labels.keys()) control.disabled = !mayEdit;
  }

  /** The field as the document has it, with the caret where it was among the words. */
  #showText(text) {
    const { held } = this;
    const before = held.text;
    const move = held.release(text);
    const shown = shownText(text);
    if (this.text.value === shown) return;
    const hasFocus = document.activeElement === this.text;
    const { selectionStart, selectionEnd, selectionDirection } = this.text;
    this.text.value = shown;
    this.#grow();
    if (!hasFocus) return;
    const moved = (caret) => toField(text, move(fromField(before, caret)));
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
    const { text } = this.held;
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
    return fromField(this.held.text, this.text.selectionStart);
  }

  /** @param {number} from an offset in the text @param {number} to */
  select(from, to) {
    this.text.focus();
    this.text.setSelectionRange(toField(this.held.text, from), toField(this.held.text, to));
  }

  /** @param {{name: string, color: string}[]} people who are at this item */
  showPeople(people) {
    const shown = JSON.stringify(people);
    if (shown === this.#people) return;
    this.#people = shown;
    this.element.style.setProperty("--person", people[0]?.color ?? "transparent");
    this.people.replaceChildren(...people.slice(0, MAX_PEOPLE).map(personTag));
    if (people.length > MAX_PEOPLE) this.people.append(restTag(people.slice(MAX_PEOPLE)));
  }
}

function personTag({ name, color }) {
  const tag = document.createElement("span");
  tag.className = "item-person";
  tag.dataset.testid = "item-person";
  tag.style.setProperty("--person", color);
  tag.textContent = name;
  return tag;
}

function restTag(people) {
  const tag = document.createElement("span");
  tag.className = "item-rest";
  tag.dataset.testid = "item-rest";
  tag.title = people.map(({ name }) => name).join("\n");
  tag.textContent = `+${people.length}`;
  return tag;
}
