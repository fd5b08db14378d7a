/** What this page tells the others beside the cursor: several parts, each with an owner. */

export class PresenceData {
  #parts = new Map();

  /** @param {import("../collab/document.js").CollabDocument} shared */
  constructor(shared) {
    this.shared = shared;
  }

  /** @param {any} value null takes the part back */
  tell(part, value) {
    if (value === null) this.#parts.delete(part);
    else this.#parts.set(part, value);
    this.shared.setData(this.#parts.size > 0 ? Object.fromEntries(this.#parts) : null);
  }
}
