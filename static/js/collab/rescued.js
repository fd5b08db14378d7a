/**
 * Contents that could not be merged: the server's document is not the one that they belong to (it was
 * deleted and created again, or restored from a backup). They stay until the user has decided.
 *
 * Each is a record of its own in the storage, `collab-rescued:SCOPE:ID`: what one tab adds or removes
 * never touches what another tab has set aside. One that finds no room stays in the page's memory,
 * which `unkept` tells, and is tried again.
 *
 * Events: `change`, when one came, went, or was kept after all.
 *
 * @typedef {object} Content
 * @property {string} id
 * @property {any} content the whole content as the user saw it: a value of the document's type
 * @property {number} unsaved how many changes of it the server never had; 0: it had confirmed all of it
 * @property {"another" | "older" | "behind"} reason the server has another document · an older version of
 *   this one · a newer version, to which the changes could not be added any more
 * @property {number} savedAt milliseconds
 * @property {boolean} kept whether it is on this device; false: in this page only
 */

import { systemClock } from "./clock.js";
import { Emitter } from "./events.js";
import { newIdentifier } from "./identifier.js";
import { keysOf, readRecord } from "./records.js";

const RETRY_MILLISECONDS = 5_000;
/** So many are kept of one document; more only if each holds what the server never had. */
const MAXIMUM = 20;

export class Rescued extends Emitter {
  /** @type {Map<string, Content>} */
  #known = new Map();
  #own = new Set(); // the ids of what this page set aside
  #timer = null;

  /**
   * @param {Storage | null} storage
   * @param {string} scope
   * @param {{clock?: import("./clock.js").Clock, events?: EventTarget | null, random?: () => number}} [options]
   */
  constructor(storage, scope, { clock = systemClock, events = globalThis.window, random } = {}) {
    super();
    Object.assign(this, { storage, clock, events, random });
    this.formerKey = `collab-rescued:${scope}`;
    this.prefix = `${this.formerKey}:`;
    this.#migrate();
    this.#load();
    events?.addEventListener("storage", this.#heard);
  }

  /** @returns {Content[]} what this page set aside comes first, then the oldest */
  get all() {
    const isOwn = ({ id }) => (this.#own.has(id) ? 1 : 0);
    return [...this.#known.values()].sort(
      (one, other) => isOwn(other) - isOwn(one) || one.savedAt - other.savedAt,
    );
  }

  /** @returns {Content | null} */
  get first() {
    return this.all[0] ?? null;
  }

  /** @returns {Content[]} those that would be lost with the page */
  get unkept() {
    return this.all.filter(({ kept }) => !kept);
  }

  /** @param {{content: any, unsaved: number, reason: Content["reason"]}} given */
  add({ content, unsaved, reason }) {
    this.#load();
    const entry = { id: newIdentifier(this.random), content, unsaved, reason, savedAt: this.clock.now(), kept: false };
    // Several tabs may have held the same: one decision is enough, as nothing in it is of one of them.
    const { id } = (unsaved === 0 && this.#twin(entry)) || entry;
    if (id === entry.id) this.#known.set(id, entry);
    this.#own.add(id);
    this.#makeRoom(id);
    this.keep();
    this.emit("change", null);
  }

  #twin({ content }) {
    const text = JSON.stringify(content);
    return this.all.find((other) => other.unsaved === 0 && JSON.stringify(other.content) === text);
  }

  #makeRoom(latest) {
    const droppable = this.all.filter(({ id, unsaved }) => unsaved === 0 && id !== latest);
    const oldest = droppable.sort((one, other) => one.savedAt - other.savedAt);
    oldest.slice(0, Math.max(0, this.#known.size - MAXIMUM)).forEach(({ id }) => this.#remove(id));
  }

  /** The user has decided about this one. */
  drop(id) {
    this.#remove(id);
    this.emit("change", null);
  }

  #remove(id) {
    this.#known.delete(id);
    this.#own.delete(id);
    try {
      this.storage?.removeItem(this.prefix + id);
      this.#dropFormer(id);
    } catch {
      // Forbidden meanwhile: nothing of it is there.
    }
  }

  /**
   * Write what is in the page only.
   * @returns {boolean} whether all of it is on this device now
   */
  keep() {
    const before = this.unkept.length;
    for (const entry of this.unkept) entry.kept = this.#write(entry);
    const left = this.unkept.length;
    this.clock.clear(this.#timer);
    if (left > 0 && this.storage) this.#timer = this.clock.set(() => this.keep(), RETRY_MILLISECONDS);
    if (left < before) this.emit("change", null);
    return left === 0;
  }

  #write({ kept, ...record }) {
    if (!this.storage) return false;
    try {
      this.storage.setItem(this.prefix + record.id, JSON.stringify(record));
      return true;
    } catch {
      return false;
    }
  }

  /** What the storage holds now is known from here on. */
  #load() {
    if (!this.storage) return;
    try {
      for (const key of keysOf(this.storage, this.prefix)) this.#learn(readRecord(this.storage, key));
      this.#readFormer().forEach((entry) => this.#learn(entry));
    } catch {
      // It can't be read: what the page knows is all there is.
    }
  }

  #learn(record) {
    if (record?.id && !this.#known.has(record.id)) this.#known.set(record.id, { reason: "another", ...record, kept: true });
  }

  #heard = ({ key, newValue, storageArea = this.storage }) => {
    if (storageArea !== this.storage) return;
    // All of it was cleared: what this page holds is the last copy.
    if (key === null) {
      for (const entry of this.#known.values()) entry.kept = false;
      this.keep();
      this.emit("change", null);
    } else if (newValue === null && key.startsWith(this.prefix)) this.#decided(key.slice(this.prefix.length));
  };

  /** In another tab. */
  #decided(id) {
    if (this.#known.delete(id)) this.emit("change", null);
  }

  close() {
    this.clock.clear(this.#timer);
    this.events?.removeEventListener("storage", this.#heard);
  }

  // -- the format before: one list for all tabs ---------------------------------------------------

  #readFormer() {
    const list = readRecord(this.storage, this.formerKey);
    return Array.isArray(list) ? list.map((entry) => ({ ...entry, id: formerId(entry) })) : [];
  }

  /** Each becomes a record of its own; if there is no room for that, they are read where they are. */
  #migrate() {
    if (!this.storage) return;
    const former = this.#readFormer();
    if (former.length === 0) return;
    if (former.every((entry) => this.#write(entry))) this.storage.removeItem(this.formerKey);
    else former.forEach(({ id }) => this.storage.removeItem(this.prefix + id));
  }

  #dropFormer(id) {
    const list = readRecord(this.storage, this.formerKey);
    if (!Array.isArray(list)) return;
    const rest = list.filter((entry) => formerId(entry) !== id);
    if (rest.length > 0) this.storage.setItem(this.formerKey, JSON.stringify(rest));
    else this.storage.removeItem(this.formerKey);
  }
}

/** The same in every tab that reads the list. */
function formerId(entry) {
  const text = JSON.stringify(entry);
  let hash = 0;
  for (let index = 0; index < text.length; index += 1) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  return `former-${(hash >>> 0).toString(36)}-${text.length}`;
}
