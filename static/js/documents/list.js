/** The entries on the page; titles are only ever set as text. */

import { icon } from "../icons.js";
import { relativeTime } from "../relative_time.js";

const MINUTE = 60_000;
const KINDS = new Map([
  ["text", "Text"],
  ["richtext", "Rich text"],
  ["json", "Board"],
]);

export class DocumentList {
  #search = "";
  #next = null;
  #turn = 0;

  /**
   * @param {object} places
   * @param {HTMLElement} places.found a live region: told how many there are
   */
  constructor({ list, empty, more, found }, api) {
    Object.assign(this, { list, empty, moreButton: more, found, api });
    setInterval(() => this.#tick(), MINUTE);
  }

  async show(search) {
    const turn = this.#begin();
    const page = await this.#load(turn, { search });
    // A slow answer to an earlier search is not wanted any more.
    if (turn !== this.#turn) return;
    this.#search = search;
    this.list.replaceChildren();
    this.empty.hidden = true;
    await this.#append(turn, page);
    this.#showEmpty(turn);
  }

  async more() {
    const turn = this.#begin();
    await this.#append(turn, await this.#load(turn, { search: this.#search, after: this.#next }));
    this.#showEmpty(turn);
  }

  #begin() {
    this.list.setAttribute("aria-busy", "true");
    this.moreButton.disabled = true;
    return ++this.#turn;
  }

  async #load(turn, parameters) {
    try {
      return await this.api.list(parameters);
    } catch (error) {
      this.#end(turn);
      throw error;
    }
  }

  #end(turn) {
    if (turn !== this.#turn) return;
    this.list.setAttribute("aria-busy", "false");
    this.moreButton.disabled = false;
    this.moreButton.hidden = this.#next === null;
  }

  /** A page may be empty, though documents that the user may see are on one of the next. */
  async #append(turn, page) {
    while (turn === this.#turn) {
      this.#next = page.next;
      this.list.append(...page.documents.map(entry));
      if (page.documents.length > 0 || page.next === null) break;
      page = await this.#load(turn, { search: this.#search, after: page.next });
    }
    this.#end(turn);
  }

  #showEmpty(turn) {
    if (turn !== this.#turn) return;
    const { length } = this.list.children;
    const count = length === 1 ? "1 document" : `${length}${this.#next === null ? "" : " or more"} documents`;
    this.found.textContent = length > 0 ? count : "";
    this.empty.hidden = length > 0;
    if (this.empty.hidden) return;
    const [title, hint] = this.#search
      ? ["Nothing found", `No title holds “${this.#search}”.`]
      : ["No documents yet", "Give the first one a title above, and share its address with others."];
    this.found.textContent = title;
    this.empty.querySelector(".empty-title").textContent = title;
    this.empty.querySelector(".empty-hint").textContent = hint;
  }

  #tick() {
    for (const time of this.list.querySelectorAll("time")) {
      time.textContent = relativeTime(new Date(time.dateTime), Date.now());
    }
  }
}

function entry({ doc_id: docId, doc_type: docType, title, updated_at: updatedAt }) {
  const link = document.createElement("a");
  link.href = `documents/${encodeURIComponent(docId)}`;
  link.dataset.testid = "document-link";
  link.dataset.docId = docId;
  link.dataset.docType = docType;
  link.append(icon(KINDS.has(docType) ? docType : "document"), named(title, docId), kind(docType), changed(updatedAt));
  const item = document.createElement("li");
  item.append(link);
  return item;
}

function named(title, docId) {
  const name = document.createElement("span");
  name.className = title ? "document-title" : "document-title untitled";
  name.textContent = title || "Untitled";
  name.dir = "auto";
  if (title) return name;
  // Several of them would look alike.
  const id = document.createElement("span");
  id.className = "document-id";
  id.textContent = docId;
  name.append(" ", id);
  return name;
}

function kind(docType) {
  const word = document.createElement("span");
  word.className = "document-kind";
  word.textContent = KINDS.get(docType) ?? docType;
  return word;
}

function changed(updatedAt) {
  const time = document.createElement("time");
  const date = new Date(updatedAt);
  time.dateTime = updatedAt;
  time.title = date.toLocaleString();
  time.textContent = relativeTime(date, Date.now());
  return time;
}
