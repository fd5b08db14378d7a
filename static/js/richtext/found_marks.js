/** Marks of what was found, drawn by the browser without an element, or in a layer where it can't. */

const ALL = "found";
const CURRENT = "found-current";
/** A layer draws no more. */
const MAX_DRAWN = 500;

/**
 * @param {HTMLElement} container of the text
 * @returns {{show: (ranges: (Range | undefined)[], current: Range | undefined) => void, clear: () => void}}
 */
export const marksIn = (container) => ("highlights" in CSS ? new Highlights() : new Layer(container));

class Highlights {
  show(ranges, current) {
    const others = ranges.filter((range) => range && range !== current);
    CSS.highlights.set(ALL, new Highlight(...others));
    CSS.highlights.set(CURRENT, new Highlight(...(current ? [current] : [])));
  }

  clear() {
    CSS.highlights.delete(ALL);
    CSS.highlights.delete(CURRENT);
  }
}

class Layer {
  #shown = null;

  constructor(container) {
    this.element = document.createElement("div");
    this.element.className = "found-marks";
    this.element.setAttribute("aria-hidden", "true");
    container.append(this.element);
    new ResizeObserver(() => this.#shown && this.show(...this.#shown)).observe(container);
  }

  show(ranges, current) {
    this.#shown = [ranges, current];
    const origin = this.element.getBoundingClientRect();
    const near = ranges.indexOf(current);
    const drawn = ranges.slice(Math.max(0, near - MAX_DRAWN / 2)).slice(0, MAX_DRAWN).filter(Boolean);
    this.element.replaceChildren(...drawn.flatMap((range) => [...range.getClientRects()].map((place) => {
      const mark = document.createElement("div");
      mark.className = range === current ? "is-current" : "";
      mark.style.transform = `translate(${place.left - origin.left}px, ${place.top - origin.top}px)`;
      mark.style.width = `${place.width}px`;
      mark.style.height = `${place.height}px`;
      return mark;
    })));
  }

  clear() {
    this.#shown = null;
    this.element.replaceChildren();
  }
}
