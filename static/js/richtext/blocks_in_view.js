/** The blocks of a rich text between two heights of the window, and where places in them are drawn. */

export class BlocksInView {
  #blots = [];
  #offsets = []; // of each in the text
  #end;
  #isLast; // whether the text ends in view

  /**
   * @param {import("../../vendor/quill.js").Quill} quill
   * @param {number} top pixels from the top of the window @param {number} bottom
   */
  constructor(quill, top, bottom) {
    const blots = [];
    for (let blot = quill.scroll.children.head; blot; blot = blot.next) blots.push(blot);
    const first = firstOf(blots, (rectangle) => rectangle.bottom >= top);
    const last = firstOf(blots, (rectangle) => rectangle.top > bottom);
    let offset = 0;
    for (let index = 0; index < last; index += 1) {
      if (index >= first) {
        this.#blots.push(blots[index]);
        this.#offsets.push(offset);
      }
      offset += blots[index].length();
    }
    this.#end = offset - 1;
    this.#isLast = last === blots.length;
  }

  /** Whether a place is in view; one beyond the text is at its end. */
  has(index) {
    return index >= this.#offsets[0] && (index <= this.#end || this.#isLast);
  }

  /** The place nearest to one of the text. */
  within(index) {
    return Math.max(this.#offsets[0] ?? 0, Math.min(index, this.#end));
  }

  /** @returns {{left: number, top: number, height: number} | null} of a caret there, in the window */
  caretAt(index) {
    const [leaf, offset] = this.#leafAt(index);
    if (!leaf) return null;
    const [node, at] = leaf.position ? leaf.position(offset, true) : [leaf.domNode, offset];
    if (!(node instanceof Text)) return sideOf(leaf.domNode.getBoundingClientRect(), offset > 0);
    // Where there is no text, the browser tells no place.
    if (node.data.length === 0) return null;
    const isBefore = at < node.data.length;
    const range = document.createRange();
    range.setStart(node, isBefore ? at : at - 1);
    range.setEnd(node, isBefore ? at + 1 : at);
    return sideOf(range.getBoundingClientRect(), !isBefore);
  }

  /** The rectangles of a selection, line by line, as the browser lays it out. */
  rectanglesOf(from, to) {
    const [start, end] = [this.#pointAt(from), this.#pointAt(to)];
    if (!start || !end) return [];
    const range = document.createRange();
    range.setStart(...start);
    range.setEnd(...end);
    return [...range.getClientRects()].filter(({ width, height }) => width > 0 && height > 0);
  }

  #pointAt(index) {
    const [leaf, offset] = this.#leafAt(index);
    if (!leaf) return null;
    return leaf.position ? leaf.position(offset, true) : [leaf.domNode, 0];
  }

  #leafAt(index) {
    let found = this.#offsets.length - 1;
    while (found > 0 && this.#offsets[found] > index) found -= 1;
    if (found < 0) return [null, 0];
    const [blot, at] = [this.#blots[found], index - this.#offsets[found]];
    const [leaf, offset] = blot.path ? blot.path(at).at(-1) : [blot, at];
    return leaf.children ? [null, 0] : [leaf, offset];
  }
}

const sideOf = ({ left, right, top, height }, isRight) => ({ left: isRight ? right : left, top, height });

/** The index of the first blot in a rectangle of a kind, if those of all behind it are of the kind, too. */
function firstOf(blots, isOfKind) {
  let [low, high] = [0, blots.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isOfKind(blots[middle].domNode.getBoundingClientRect())) high = middle;
    else low = middle + 1;
  }
  return low;
}
