/** What was not taken over from pasted text, told in one line. */

const WORDS = new Map([
  ["table", ["1 table's borders", (count) => `the borders of ${count} tables`]],
  ["picture", ["1 picture", (count) => `${count} pictures`]],
  ["comment", ["1 comment", (count) => `${count} comments`]],
  ["media", ["1 video or other object", (count) => `${count} videos and other objects`]],
  ["rule", ["1 dividing line", (count) => `${count} dividing lines`]],
]);

export class Dropped {
  #counts = new Map();

  /** @param {"table" | "picture" | "comment" | "media" | "rule"} kind */
  add(kind) {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }

  /** Such as "Pasted without: 1 table's borders, 2 pictures."; "" where nothing was dropped. */
  toString() {
    const parts = [...WORDS].filter(([kind]) => this.#counts.has(kind)).map(([kind, [one, many]]) => {
      const count = this.#counts.get(kind);
      return count === 1 ? one : many(count);
    });
    return parts.length > 0 ? `Pasted without: ${parts.join(", ")}.` : "";
  }
}
