/**
 * Very many elements in a row, in parts: what of them is not in view costs the browser no layout (the style sheet
 * says `content-visibility`), and to look for that in each of some thousand elements would cost it too much.
 */

const PART_ELEMENTS = 32;
/** About how high a line of the preview is, and how many characters it holds, until it was laid out. */
const LINE_PIXELS = 30;
const LINE_CHARACTERS = 70;

export class ElementRow {
  #estimated = new WeakMap(); // by part: of how many elements its height was estimated

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
  }

  /** @returns {Element | null} */
  at(index) {
    let offset = index;
    for (const part of this.root.children) {
      if (offset < part.childElementCount) return part.children[offset];
      offset -= part.childElementCount;
    }
    return null;
  }

  remove(index, count) {
    let [part, offset] = this.#find(index);
    for (let left = count; left > 0 && part; ) {
      const next = part.nextElementSibling;
      for (; left > 0 && offset < part.childElementCount; left -= 1) part.children[offset].remove();
      if (part.childElementCount === 0) part.remove();
      [part, offset] = [next, 0];
    }
  }

  insert(index, elements) {
    let [part, offset] = this.#find(index);
    if (!part) this.root.append((part = newPart()));
    const next = part.children[offset] ?? null;
    for (const element of elements) part.insertBefore(element, next);
    for (; part.childElementCount > 2 * PART_ELEMENTS; part = part.nextElementSibling) {
      const rest = newPart();
      rest.append(...[...part.children].slice(PART_ELEMENTS));
      part.after(rest);
      this.#estimate(part);
    }
    this.#estimate(part);
  }

  /** The part that has an index, or that ends with it, and where in it that is. */
  #find(index) {
    let part = this.root.firstElementChild;
    let offset = index;
    while (part && offset > part.childElementCount) {
      offset -= part.childElementCount;
      part = part.nextElementSibling;
    }
    return [part, offset];
  }

  /** The height that a part takes until the browser knows it. */
  #estimate(part) {
    const count = part.childElementCount;
    if (this.#estimated.get(part) === count) return;
    this.#estimated.set(part, count);
    const lines = count + part.textContent.length / LINE_CHARACTERS;
    part.style.setProperty("contain-intrinsic-block-size", `auto ${Math.round(lines * LINE_PIXELS)}px`);
  }
}

function newPart() {
  const part = document.createElement("div");
  part.className = "part";
  return part;
}
