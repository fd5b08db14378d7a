/** The entries on the page; titles are only ever set as text. */

import { icon } from "../icons.js";
import { relativeTime } from "../relative_time.js";

const MINUTE = 60_000;
const KINDS = { text: "Text", richtext: "Rich text", json: "Board" };

export class DocumentList {
  #search = "";
  #next = null;
  #turn = 0;

  constructor(list, empty, more, api) {
    Object.assign(this, { list, empty, moreButton: more, api });
    setInterval(() => this.#tick(), MINUTE);
  }

  async show(search) {
    const turn = ++this.#turn;
    this.list.setAttribute("aria-busy", "true");
    const page = await this.api.list({ search });
    // A slow answer to an earlier search is not wanted any more.
    if (turn !== this.#turn) return;
    this.#search = search;
    this.list.replaceChildren();
    this.#append(page);
    this.#showEmpty(page.documents.length === 0);
  }

  async more() {
    const turn = this.#turn;
    const page = await this.api.list({ search: this.#search, after: this.#next });
    if (turn === this.#turn) this.#append(page);
  }

  #append({ documents, next }) {
    this.#next = next;
    this.list.append(...documents.map(entry));
    this.list.setAttribute("aria-busy", "false");
    this.moreButton.hidden = next === null;
  }

  #showEmpty(isEmpty) {
    this.empty.hidden = !isEmpty;
    if (!isEmpty) return;
    const [title, hint] = this.#search
      ? ["Nothing found", `No title holds “${this.#search}”.`]
      : ["No documents yet", "Give the first one a title above, and share its address with others."];
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
  link.append(icon(docType in KINDS ? docType : "document"), named(title, docId), kind(docType), changed(updatedAt));
  const item = document.createElement("li");
  item.append(link);
  return item;
}

function named(title, docId) {
  const name = document.createElement("span");
  name.className = title ? "document-title" : "document-title untitled";
  name.textContent = title || "Untitled";
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
  word.textContent = KINDS[docType] ?? docType;
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
