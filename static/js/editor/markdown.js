/** Markdown in the page: rendered by a worker, made safe by DOMPurify, and put in place where it has changed. */

import { DOMPurify } from "../../vendor/dompurify.js";
import { pictureOf } from "../page/pictures.js";
import { ElementRow } from "./element_row.js";

/** So long the page is held up in one go, about, by what is new in the preview. */
const TURN_MILLISECONDS = 8;
/** So much HTML is put in place between two looks at the clock. */
const BATCH_CHARACTERS = 8_000;

const SANITISE = {
  RETURN_DOM_FRAGMENT: true,
  ALLOWED_TAGS: [
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "input",
    "li", "ol", "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
  ],
  ALLOWED_ATTR: ["href", "src", "alt", "title", "class", "start", "type", "checked", "disabled", "data-line", "aria-label", "dir"],
  // Not addresses: the expression below is not for them.
  ADD_URI_SAFE_ATTR: ["type", "start", "checked", "disabled", "aria-label", "dir"],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:|#|\/(?!\/)|\.{0,2}\/|data:image\/(?:png|jpe?g|gif|webp|avif);)/i,
};

/** @returns {Element[]} */
function sanitised(html) {
  const fragment = DOMPurify.sanitize(html, SANITISE);
  for (const link of fragment.querySelectorAll("a[href]")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
  for (const image of fragment.querySelectorAll("img")) {
    const [address, alt, title] = ["src", "alt", "title"].map((name) => image.getAttribute(name) ?? "");
    image.replaceWith(pictureOf(address, { alt, title }));
  }
  return [...fragment.children];
}

/** One element for each piece, whatever is left of it. */
function elementsOf(pieces) {
  const elements = sanitised(pieces.join(""));
  if (elements.length === pieces.length) return elements;
  return pieces.map((html) => sanitised(html)[0] ?? document.createElement("p"));
}

export class MarkdownPreview {
  #worker = new Worker(new URL("./markdown_worker.js", import.meta.url), { type: "module" });
  #row;
  #lines = new Int32Array();
  #fail = null;

  /** @param {HTMLElement} article */
  constructor(article) {
    article.replaceChildren();
    this.#row = new ElementRow(article);
    this.#worker.addEventListener("error", () => this.#fail?.(new Error("the renderer could not be loaded, or failed")));
  }

  /**
   * Show a changed text.
   * @param {{text: string} | {changes: import("../collab/ot/changes.js").Change[][]}} what
   * @param {boolean} isBusy somebody types: what takes long stays as it is
   * @returns {Promise<{isEmpty: boolean, isCut: boolean, isBehind: boolean, milliseconds: number}>} how long the page
   *   was held up, and whether something has stayed
   * @throws {Error} there is no renderer any more
   */
  async show(what, isBusy) {
    const { splices, lines, isCut, isBehind } = await this.#rendered({ ...what, isBusy });
    const milliseconds = await this.#place(splices);
    this.#lines = lines;
    return { isEmpty: lines.length === 0, isCut, isBehind, milliseconds };
  }

  #rendered(message) {
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#worker.addEventListener("message", ({ data }) => resolve(data), { once: true });
      this.#worker.postMessage(message);
    });
  }

  async #place(splices) {
    let shift = 0;
    let spent = 0;
    let began = performance.now();
    for (const { at, removed, inserted } of splices) {
      this.#row.remove(at + shift, removed);
      shift -= removed;
      for (const pieces of batches(inserted)) {
        this.#row.insert(at + removed + shift, elementsOf(pieces));
        shift += pieces.length;
        const turn = performance.now() - began;
        if (turn < TURN_MILLISECONDS) continue;
        spent += turn;
        await new Promise((resolve) => setTimeout(resolve));
        began = performance.now();
      }
    }
    return spent + performance.now() - began;
  }

  /** What shows a line of the source: the last that begins at or before it; null for none. */
  elementOf(line) {
    const index = lastAtMost(this.#lines, line);
    const piece = index < 0 ? null : this.#row.at(index);
    if (!piece) return null;
    const within = [...piece.querySelectorAll("[data-line]")];
    return within.findLast((element) => Number(element.dataset.line) <= line - this.#lines[index]) ?? piece;
  }

  close() {
    this.#worker.terminate();
  }
}

function* batches(pieces) {
  let from = 0;
  let length = 0;
  for (let index = 0; index < pieces.length; index += 1) {
    length += pieces[index].length;
    if (length < BATCH_CHARACTERS) continue;
    yield pieces.slice(from, index + 1);
    [from, length] = [index + 1, 0];
  }
  if (from < pieces.length) yield pieces.slice(from);
}

/** The index of the last number that is not greater, in ascending ones; -1 for none. */
function lastAtMost(numbers, wanted) {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
