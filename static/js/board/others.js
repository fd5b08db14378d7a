/** What a document holds beside the items of its board: shown as it is, to whom opens it. */

const AGAIN_MILLISECONDS = 300;

export class Others {
  #shared;
  #note;
  #timer = null;

  /**
   * @param {import("../collab/document.js").CollabDocument} shared with content
   * @param {HTMLDetailsElement} note
   */
  constructor(shared, note) {
    this.#shared = shared;
    this.#note = note;
    note.addEventListener("toggle", () => this.#write());
  }

  /** @param {boolean} has whether there is any */
  show(has) {
    this.#note.hidden = !has;
    if (has) this.#ask();
  }

  /** The document has changed. */
  changed() {
    if (this.#note.open && !this.#note.hidden) this.#ask();
  }

  #ask() {
    this.#timer ??= setTimeout(() => this.#write(), AGAIN_MILLISECONDS);
  }

  #write() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#note.querySelector("pre").textContent = JSON.stringify(this.#shared.content, null, 2);
  }
}
