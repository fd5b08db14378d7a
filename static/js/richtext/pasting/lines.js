/** The lines of a content, as they come to be from pieces of text whose spaces collapse as in a browser. */

import { Delta } from "../../../vendor/quill-delta.js";
import { boxBefore } from "./lists.js";

const SPACES = /[ \t\r\n\f]+/g;

export class Lines {
  /** How many lines have ended. */
  count = 0;
  #content = new Delta();
  /** Of the line that is being written: {insert, attributes, isKept}. */
  #parts = [];
  /** In a row of a table lines are only set apart by a space. */
  #isRow = false;
  #isJoint = false;

  /** Whether the line that is being written has nothing in it. */
  get isEmpty() {
    return this.#parts.length === 0;
  }

  /**
   * @param {string} text
   * @param {{marks: object, line?: object, isKept: boolean}} context whether spaces stay as they are
   */
  write(text, { marks, line = {}, isKept }) {
    if (!isKept) return this.#put(this.#collapsed(text), marks, false);
    text.replace(/\r\n?/g, "\n").split("\n").forEach((part, index) => {
      if (index > 0) this.newline(line);
      this.#put(part, marks, true);
    });
  }

  #collapsed(text) {
    const collapsed = text.replace(SPACES, " ");
    const last = this.#parts.at(-1)?.insert;
    const isStart = this.#parts.length === 0 || (typeof last === "string" && /[ \t]$/.test(last));
    return isStart ? collapsed.replace(/^ /, "") : collapsed;
  }

  #put(insert, attributes, isKept) {
    if (insert === "") return;
    if (this.#isJoint && !/^[\s\u00a0]/.test(insert)) this.#parts.push({ insert: " ", attributes: {}, isKept: true });
    this.#isJoint = false;
    this.#parts.push({ insert, attributes, isKept });
  }

  /** @param {object} insert */
  embed(insert, attributes) {
    this.#put(insert, attributes, true);
  }

  /** Between two cells. */
  tab() {
    this.#isJoint = false;
    this.#trim();
    this.#put("\t", {}, true);
  }

  /** End the line, if anything is in it. */
  close(line) {
    if (this.#parts.length > 0) this.newline(line);
  }

  /** @param {object} line the attributes of its newline */
  newline(line) {
    if (this.#isRow) {
      this.#trim();
      this.#isJoint = this.#parts.length > 0 && this.#parts.at(-1).insert !== "\t";
      return;
    }
    const attributes = "code-block" in line ? line : this.#withBox(line);
    this.#trim();
    this.#flush();
    this.#content.insert("\n", attributes);
    this.count += 1;
  }

  /** What `write` writes is one line. */
  row(write) {
    const isInner = this.#isRow;
    this.#isRow = true;
    write();
    this.#isRow = isInner;
    if (isInner) return this.newline({});
    this.#isJoint = false;
    if (this.#parts.some(({ insert }) => insert !== "\t")) this.newline({});
    this.#parts = [];
  }

  /** @returns {object[]} what is in the last line has no newline, if no block ended it */
  end() {
    this.#trim();
    this.#flush();
    return this.#content.ops;
  }

  /** A line that is a space is an empty one. */
  #flush() {
    const isEmpty = this.#parts.length === 1 && this.#parts[0].insert === "\u00a0";
    for (const { insert, attributes } of isEmpty ? [] : this.#parts) {
      this.#content.insert(typeof insert === "string" ? insert.replaceAll("\u00a0", " ") : insert, attributes);
    }
    this.#parts = [];
  }

  #trim() {
    const last = this.#parts.at(-1);
    if (!last || last.isKept || !last.insert.endsWith(" ")) return;
    last.insert = last.insert.slice(0, -1);
    if (last.insert === "") this.#parts.pop();
  }

  /** A box before the text says what kind of item it is. */
  #withBox(line) {
    const first = this.#parts[0];
    const isItem = "list" in line;
    if (typeof first?.insert !== "string" || (!isItem && Object.keys(line).length > 0)) return line;
    const box = boxBefore(first.insert, isItem);
    if (!box) return line;
    first.insert = first.insert.slice(box.length);
    const isText = first.insert !== "";
    if (!isText) this.#parts.shift();
    const next = this.#parts[0];
    if (!isText && typeof next?.insert === "string") next.insert = next.insert.replace(/^[\s\u00a0]+/, "");
    if (next?.insert === "") this.#parts.shift();
    return { ...line, list: box.kind };
  }
}
