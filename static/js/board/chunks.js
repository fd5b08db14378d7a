/**
 * A long list in chunks, of which the browser lays out and draws only those in view: what it does for each frame
 * grows with the number of chunks and not with that of the elements.
 */

const MAX_ELEMENTS = 25;

export class Chunks {
  #list;

  /** @param {HTMLElement} list that holds nothing else */
  constructor(list) {
    this.#list = list;
  }

  /**
   * Put an element into the list, or to another place in it. None but this one is moved, but where a chunk is full.
   * @param {HTMLElement} element
   * @param {HTMLElement | null} next what it is to stand before; null: it is the last
   */
  place(element, next) {
    const former = element.parentElement;
    if (next && next.parentElement === former) return move(former, element, next);
    const [chunk, before] = next ? this.#roomBefore(next) : [this.#roomAtEnd(), null];
    move(chunk, element, before);
    sized(chunk);
    if (former) this.#left(former);
  }

  remove(element) {
    const chunk = element.parentElement;
    element.remove();
    this.#left(chunk);
  }

  #roomBefore(next) {
    const chunk = next.parentElement;
    if (hasRoom(chunk)) return [chunk, next];
    if (next === chunk.firstElementChild) {
      const previous = chunk.previousElementSibling;
      return [previous && hasRoom(previous) ? previous : this.#make(chunk), null];
    }
    const rest = this.#make(chunk.nextElementSibling);
    const index = [...chunk.children].indexOf(next);
    for (const element of [...chunk.children].slice(index)) move(rest, element, null);
    [chunk, rest].forEach(sized);
    return [chunk, null];
  }

  #roomAtEnd() {
    const last = this.#list.lastElementChild;
    return last && hasRoom(last) ? last : this.#make(null);
  }

  #make(next) {
    const chunk = document.createElement("div");
    chunk.className = "chunk";
    this.#list.insertBefore(chunk, next);
    return chunk;
  }

  #left(chunk) {
    if (chunk.childElementCount === 0) chunk.remove();
    else sized(chunk);
  }
}

const hasRoom = (chunk) => chunk.childElementCount < MAX_ELEMENTS;

/** How large it is taken for until it has been in view. */
const sized = (chunk) => chunk.style.setProperty("--elements", chunk.childElementCount);

function move(chunk, element, next) {
  // The newer way leaves the focus, and what an input method composes.
  if (element.isConnected && chunk.moveBefore) chunk.moveBefore(element, next);
  else chunk.insertBefore(element, next);
}
