/**
 * The board on the page: a row for each item, kept by id. Only the rows of what has changed are touched; what others
 * do is gathered for the next frame, what the user does is shown at once.
 */

import { colorOf } from "../page/color.js";
import { tellComposing } from "../page/composing.js";
import { Frame } from "../page/frame.js";
import { Chunks } from "./chunks.js";
import { drag } from "./drag.js";
import * as items from "./items.js";
import { Others } from "./others.js";
import { Row } from "./row.js";
import { walk } from "./walking.js";

export class Board {
  #rows = new Map();
  #order = []; // the rows from top to bottom
  #shared;
  #undo;
  #presence;
  #chunks;
  #others;
  #frame = new Frame();
  #ask = this.#frame.step(() => this.#show());
  #isStale = true; // which items there are, or their order
  #changed = new Set(); // the ids of rows to look at
  #mayEdit = null;
  #written = null; // the id of the item whose field has the change already
  #places = new Map(); // the people at an item
  #current = null; // the row that Tab goes through

  /**
   * @param {import("../collab/document.js").CollabDocument} shared with content
   * @param {import("../collab/undo.js").UndoManager} undo
   * @param {import("../page/presence_data.js").PresenceData} presence
   * @param {{list: HTMLElement, note: HTMLDetailsElement}} places
   */
  constructor(shared, undo, presence, { list, note }) {
    this.#shared = shared;
    this.#undo = undo;
    this.#presence = presence;
    this.list = list;
    this.#chunks = new Chunks(list);
    this.#others = new Others(shared, note);
    shared.on("change", (change) => this.#follow(change));
    for (const event of ["presence", "users"]) shared.on(event, () => this.#ask());
    shared.on("status", () => this.mayEdit !== this.#mayEdit && this.#showNow());
    list.addEventListener("focusin", ({ target }) => this.#makeCurrent(this.#rowOf(target) ?? this.#current));
    walk(list, this);
    this.#showNow();
  }

  get mayEdit() {
    return this.#shared.mayEdit && items.canHold(this.#shared.content);
  }

  /** @returns {items.Item[]} in their order, and shown so */
  get items() {
    this.#showNow();
    return items.itemsOf(this.#shared.content);
  }

  /** @returns {Row | undefined} */
  row(id) {
    return this.#rows.get(id);
  }

  /** @returns {Row | undefined} the one at so many steps from the one that an element is in */
  beside(element, step) {
    const row = this.#rowOf(element);
    return row && this.#order[row.index + step];
  }

  /** @returns {Row | undefined} */
  get first() {
    return this.#order[0];
  }

  /** @returns {Row | undefined} */
  get last() {
    return this.#order.at(-1);
  }

  /** @returns {{id: string, from: number} | null} where one writes */
  get caret() {
    const row = this.#rowOf(document.activeElement);
    return row ? { id: row.id, from: row.caret } : null;
  }

  #rowOf(element) {
    return this.#rows.get(element?.closest(".item")?.dataset.itemId);
  }

  // -- what the user does -----------------------------------------------------------------------

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

  #write(row, text) {
    const { id } = row;
    if (!items.isItem(this.#member(id))) return;
    this.#written = id;
    try {
      this.#edit((content) => row.held.typed(text, content[id].text));
    } finally {
      this.#written = null;
      this.#changed.add(id);
      this.#showNow();
    }
  }

  #move(id, before) {
    this.#act(id, (content) => items.move(content, id, before));
  }

  #step(row, step) {
    this.#showNow();
    const other = this.#order[row.index + step];
    if (!other) return;
    const before = step > 0 ? this.#order[other.index + 1] : other;
    this.#move(row.id, before?.id ?? null);
    row.grip.focus();
  }

  #next(row) {
    (this.#order[row.index + 1]?.text ?? document.querySelector("#new-item")).focus();
  }

  // -- what is shown ----------------------------------------------------------------------------

  #follow({ operation, origin }) {
    for (const component of operation) this.#note(component);
    if (origin === "remote") this.#ask();
    else this.#showNow();
  }

  #note(component) {
    const [id, member] = component.p;
    const row = this.#rows.get(id);
    if (!row || items.isStructural(component)) this.#isStale = true;
    if (id === undefined) this.#rows.forEach((_, each) => this.#changed.add(each));
    else this.#changed.add(id);
    const isText = member === "text" || member === undefined;
    if (isText && id !== this.#written) row?.held.miss(component);
  }

  #member(id) {
    const { content } = this.#shared;
    return items.canHold(content) && Object.hasOwn(content, id) ? content[id] : null;
  }

  #showNow() {
    this.#ask();
    this.#frame.run();
  }

  #show() {
    const { mayEdit } = this;
    if (this.#isStale) this.#arrange();
    const isOther = mayEdit !== this.#mayEdit;
    const ids = isOther ? this.#rows.keys() : this.#changed;
    for (const id of ids) this.#rows.get(id)?.show(items.itemOf(id, this.#member(id)), mayEdit);
    if (this.#changed.size > 0) this.#others.changed();
    this.#changed.clear();
    this.#mayEdit = mayEdit;
    this.#showPeople();
  }

  /** The rows as there are items, in their order. Those that keep their place keep their element where it is. */
  #arrange() {
    this.#isStale = false;
    const shown = items.itemsOf(this.#shared.content);
    const ids = new Set(shown.map(({ id }) => id));
    for (const [id, row] of this.#rows) if (!ids.has(id)) this.#drop(id, row);
    const focused = document.activeElement;
    let next = null;
    for (const { id, at } of shown.toReversed()) {
      const row = this.#rows.get(id) ?? this.#make(id);
      if (row.at !== at) this.#chunks.place(row.element, next);
      row.at = at;
      next = row.element;
    }
    this.#order = shown.map(({ id }) => this.#rows.get(id));
    this.#order.forEach((row, index) => (row.index = index));
    // An element that is moved loses the focus.
    if (focused !== document.activeElement && this.list.contains(focused)) focused.focus();
    this.list.dataset.count = String(shown.length);
    this.#makeCurrent(this.#current ?? this.first);
    this.#others.show(items.hasOthers(this.#shared.content));
  }

  #make(id) {
    const row = new Row(id, this.#shared.type, {
      write: (text) => this.#write(row, text),
      compose: (isComposing) => tellComposing(this.#shared, isComposing),
      tick: (done) => this.#act(id, (content) => items.tick(content, id, done)),
      count: (change) => this.#act(id, (content) => items.count(content, id, change)),
      remove: () => this.#act(id, (content) => items.remove(content, id)),
      move: (step) => this.#step(row, step),
      drag: (event) => drag(event, row, this, (before) => this.#move(id, before?.id ?? null)),
      next: () => this.#next(row),
      focus: (isFocused) => {
        this.#undo.endGroup();
        this.#presence.tell("item", isFocused ? id : null);
      },
    });
    this.#rows.set(id, row);
    this.#changed.add(id);
    return row;
  }

  #drop(id, row) {
    this.#rows.delete(id);
    // A browser need not end what was composed in an element that is gone.
    if (row.isComposing) tellComposing(this.#shared, false);
    const hadFocus = row.element.contains(document.activeElement);
    const neighbour = this.#neighbour(row);
    this.#chunks.remove(row.element);
    if (row === this.#current) this.#makeCurrent(neighbour);
    if (hadFocus) (neighbour?.text ?? document.querySelector("#new-item")).focus();
  }

  /** The next row that is still there, else the one before. */
  #neighbour({ index }) {
    const isThere = ({ id }) => this.#rows.has(id);
    return this.#order.slice(index).find(isThere) ?? this.#order.slice(0, index).findLast(isThere);
  }

  #makeCurrent(row = null) {
    if (row === this.#current) return;
    if (this.#current) this.#current.isCurrent = false;
    if (row) row.isCurrent = true;
    this.#current = row;
  }

  /** Of the rows, those that somebody has come to or gone from are touched. */
  #showPeople() {
    const places = new Map();
    for (const { name, color, data } of this.#shared.users) {
      const row = this.#rows.get(data?.item);
      if (!row) continue;
      if (!places.has(row)) places.set(row, []);
      places.get(row).push({ name, color: colorOf(color) });
    }
    for (const row of this.#places.keys()) if (!places.has(row)) row.showPeople([]);
    for (const [row, people] of places) row.showPeople(people);
    this.#places = places;
  }
}
