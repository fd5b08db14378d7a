/** The board on the page: a row for each item, kept by id, changed where something has changed. */

import { colorOf } from "../page/color.js";
import { tellComposing } from "../page/composing.js";
import { drag } from "./drag.js";
import * as items from "./items.js";
import { Row } from "./row.js";

export class Board {
  #rows = new Map();
  #shared;
  #undo;
  #presence;
  #list;
  #note;

  /**
   * @param {import("../collab/document.js").CollabDocument} shared with content
   * @param {import("../collab/undo.js").UndoManager} undo
   * @param {import("../page/presence_data.js").PresenceData} presence
   * @param {{list: HTMLElement, note: HTMLElement}} places
   */
  constructor(shared, undo, presence, { list, note }) {
    this.#shared = shared;
    this.#undo = undo;
    this.#presence = presence;
    this.#list = list;
    this.#note = note;
    shared.on("change", (change) => this.#changed(change));
    for (const event of ["presence", "users"]) shared.on(event, () => this.#showPeople());
    shared.on("status", () => this.#show());
    this.#show();
  }

  get mayEdit() {
    return this.#shared.mayEdit && items.canHold(this.#shared.content);
  }

  /** @returns {items.Item[]} in their order */
  get items() {
    return items.itemsOf(this.#shared.content);
  }

  /** @returns {Row | undefined} */
  row(id) {
    return this.#rows.get(id);
  }

  /** @returns {{id: string, from: number} | null} where one writes */
  get caret() {
    const element = document.activeElement.closest(".item");
    const row = element && this.#rows.get(element.dataset.itemId);
    return row ? { id: row.id, from: row.caret } : null;
  }

  /** Add an item at the end. */
  add(text) {
    this.#undo.endGroup();
    this.#edit((content) => items.add(content, items.newId(), text));
  }

  /** @param {(content: any) => object[]} make the operation on the content as it is */
  #edit(make) {
    if (!this.mayEdit) return;
    const operation = make(this.#shared.content);
    if (operation.length > 0) this.#shared.edit(operation);
  }

  /** An edit of one item that is undone by itself, if the item is still there. */
  #act(id, make) {
    if (!Object.hasOwn(this.#shared.content, id)) return;
    this.#undo.endGroup();
    this.#edit(make);
    this.#undo.endGroup();
  }

  #changed({ operation, origin }) {
    if (origin !== "local") {
      for (const { id, text } of items.itemsOf(this.#shared.content)) {
        this.#rows.get(id)?.showText(text, (caret) => items.caretAfter(caret, operation, id));
      }
    }
    this.#show();
  }

  #show() {
    const { content } = this.#shared;
    const shown = items.itemsOf(content);
    const focused = document.activeElement;
    const ids = new Set(shown.map(({ id }) => id));
    for (const [id, row] of this.#rows) if (!ids.has(id)) this.#drop(id, row);
    shown.forEach((item, index) => {
      const row = this.#rows.get(item.id) ?? this.#make(item.id);
      row.show(item, this.mayEdit);
      if (this.#list.children[index] !== row.element) this.#list.insertBefore(row.element, this.#list.children[index] ?? null);
    });
    // An element that is moved loses the focus.
    if (focused !== document.activeElement && this.#list.contains(focused)) focused.focus();
    this.#note.hidden = !items.hasOthers(content);
    if (!this.#note.hidden) this.#note.querySelector("pre").textContent = JSON.stringify(content, null, 2);
    this.#list.dataset.count = String(shown.length);
    this.#showPeople();
  }

  #drop(id, row) {
    this.#rows.delete(id);
    // A browser need not end what was composed in an element that is gone.
    if (row.isComposing) tellComposing(this.#shared, false);
    const hadFocus = row.element.contains(document.activeElement);
    const neighbour = row.element.nextElementSibling ?? row.element.previousElementSibling;
    row.element.remove();
    if (hadFocus) neighbour?.querySelector(".item-text").focus();
  }

  #make(id) {
    const row = new Row(id, {
      write: (text) => Object.hasOwn(this.#shared.content, id) && this.#edit((content) => items.write(content, id, text)),
      compose: (isComposing) => tellComposing(this.#shared, isComposing),
      tick: (done) => this.#act(id, (content) => items.tick(content, id, done)),
      count: (change) => this.#act(id, (content) => items.count(content, id, change)),
      remove: () => this.#act(id, (content) => items.remove(content, id)),
      move: (step) => this.#step(id, step),
      drag: (event) => drag(event, row.element, this.#list, (before) => this.#move(id, before?.dataset.itemId ?? null)),
      next: () => (row.element.nextElementSibling?.querySelector(".item-text") ?? document.querySelector("#new-item")).focus(),
      focus: (isFocused) => {
        this.#undo.endGroup();
        this.#presence.tell("item", isFocused ? id : null);
      },
    });
    this.#rows.set(id, row);
    return row;
  }

  #move(id, before) {
    this.#act(id, (content) => items.move(content, id, before));
  }

  #step(id, step) {
    const ids = items.itemsOf(this.#shared.content).map((item) => item.id);
    const index = ids.indexOf(id) + step;
    if (index < 0 || index >= ids.length) return;
    this.#move(id, ids[step > 0 ? index + 1 : index] ?? null);
    this.#rows.get(id).grip.focus();
  }

  #showPeople() {
    for (const [id, row] of this.#rows) {
      const here = this.#shared.users.filter(({ data }) => data?.item === id);
      row.showPeople(here.map(({ name, color }) => ({ name, color: colorOf(color) })));
    }
  }
}
