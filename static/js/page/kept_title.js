/**
 * The title that a person entered and the server does not have yet, kept on this device. All tabs of
 * one document and user share it: a document has one title, and what was entered last is meant.
 *
 * @typedef {object} TitleRecord
 * @property {string} title
 * @property {(string | null)[]} bases the titles that it was entered on or was sent after: one of them is
 *   what the server has, unless somebody else has changed it; null: it was not known
 */

import { readRecord } from "../collab/records.js";

export class KeptTitle {
  /** @param {Storage | null} storage @param {string} scope as `scopeOf` makes it */
  constructor(storage, scope) {
    this.storage = storage;
    this.key = `collab-title:${scope}`;
  }

  /** @returns {TitleRecord | null} */
  read() {
    return this.storage ? usable(readRecord(this.storage, this.key)) : null;
  }

  /** @param {TitleRecord} record @returns {boolean} whether it is on this device */
  write(record) {
    if (!this.storage) return false;
    try {
      this.storage.setItem(this.key, JSON.stringify(record));
      return true;
    } catch {
      return false;
    }
  }

  /** It is stored, or given up; what another tab has entered since stays. */
  remove(title) {
    if (this.read()?.title === title) this.storage.removeItem(this.key);
  }

  /** @param {(record: TitleRecord | null, former: TitleRecord | null) => void} listener of other tabs' changes */
  onChange(listener, events = globalThis.window) {
    const parse = (text) => {
      try {
        return usable(JSON.parse(text));
      } catch {
        return null;
      }
    };
    events?.addEventListener("storage", ({ key, newValue, oldValue }) => {
      if (key === this.key) listener(parse(newValue), parse(oldValue));
    });
  }
}

const usable = (record) => (typeof record?.title === "string" && Array.isArray(record.bases) ? record : null);
