/**
 * Contents that could not be merged: the server's document is not the one that they belong to (it was
 * deleted and made anew, or restored from a backup). They stay until the user has decided.
 *
 * @typedef {object} Content
 * @property {any} content the whole content as the user saw it: a value of the document's type
 * @property {number} unsaved how many changes of it the server did not have
 * @property {number} savedAt milliseconds
 */

export class Rescued {
  /** @type {Content[]} */
  #list = [];

  /** @param {Storage | null} storage @param {string} scope */
  constructor(storage, scope) {
    this.storage = storage;
    this.key = `collab-rescued:${scope}`;
    this.#list = this.#read();
  }

  /** @returns {Content | null} the oldest */
  get first() {
    return this.#list[0] ?? null;
  }

  refresh() {
    this.#list = this.#read();
  }

  add(rescued) {
    this.#list = [...this.#read(), rescued];
    this.#write();
  }

  dropFirst() {
    this.#list = this.#list.slice(1);
    this.#write();
  }

  #read() {
    try {
      return JSON.parse(this.storage?.getItem(this.key) ?? "null") ?? this.#list;
    } catch {
      return this.#list;
    }
  }

  #write() {
    try {
      if (this.#list.length > 0) this.storage?.setItem(this.key, JSON.stringify(this.#list));
      else this.storage?.removeItem(this.key);
    } catch {
      // No room: the page still holds them.
    }
  }
}
