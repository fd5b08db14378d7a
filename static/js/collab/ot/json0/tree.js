/**
 * A JSON value that is changed component by component. Lists and objects along the way are copied
 * when they are first changed, each by itself and once, so the value it was made of stays as it was.
 *
 * ot-json0's own apply changes its argument and looks at `sd` alone; the server refuses whatever does
 * not match, and so does this.
 */

import { isHigh, isLow } from "../surrogates.js";
import { same } from "../same.js";
import { shown } from "../values.js";
import { asText0, exactSum, isText } from "./components.js";

export class Tree {
  #top;
  #own = new Set();

  constructor(content) {
    this.#top = [content];
  }

  get content() {
    return this.#top[0];
  }

  /** @throws {RangeError} the component does not fit; everything is as it was */
  change(component) {
    try {
      if (isText(component)) this.#edit(asText0(component));
      else if (component.na !== undefined) this.#add(component);
      else if (component.lm !== undefined) this.#move(component);
      else if (component.li !== undefined || component.ld !== undefined) this.#changeItem(component);
      else this.#changeMember(component);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new RangeError(`path ${shown(component.p)}: ${error.message}`);
    }
  }

  /** @throws {RangeError} there is no string at the path */
  textAt(path) {
    const [holder, key] = this.#find(path);
    const text = valueAt(holder, key);
    if (typeof text !== "string") throw new RangeError(`there is ${shown(text)}, not a string`);
    return text;
  }

  #edit({ p, o }) {
    const text = editText(this.textAt(p), o);
    const [holder, key] = this.#find(p);
    holder[key] = text;
  }

  #add({ p, na }) {
    const [holder, key] = this.#find(p);
    const value = valueAt(holder, key);
    if (typeof value !== "number") throw new RangeError(`there is ${shown(value)}, not a number`);
    const sum = exactSum(value, na);
    if (sum === null) {
      throw new RangeError(`a double does not hold ${value} + ${na} exactly: replace the number instead`);
    }
    holder[key] = sum;
  }

  #move({ p, lm }) {
    const [items, index] = this.#findItem(p);
    valueAt(items, index);
    if (lm >= items.length) throw new RangeError(`can't move to ${lm} in a list of ${items.length}`);
    items.splice(lm, 0, ...items.splice(index, 1));
  }

  #changeItem({ p, ld, li }) {
    const [items, index] = this.#findItem(p);
    if (ld !== undefined) expect(valueAt(items, index), ld, "ld");
    else if (index > items.length) throw new RangeError(`can't insert at ${index} in a list of ${items.length}`);
    items.splice(index, ld === undefined ? 0 : 1, ...(li === undefined ? [] : [li]));
  }

  #changeMember({ p, od, oi }) {
    const [members, key] = this.#find(p);
    if (members !== this.#top && !isObject(members)) throw new RangeError(`it leads into ${shown(members)}, not into an object`);
    if (od !== undefined) expect(valueAt(members, key), od, "od");
    else if (Object.hasOwn(members, key)) {
      throw new RangeError(`there is ${shown(members[key])} already: give it as od to replace it`);
    }
    if (oi === undefined) delete members[key];
    else members[key] = oi;
  }

  #findItem(path) {
    const [items, index] = this.#find(path);
    if (!Array.isArray(items) || items === this.#top) throw new RangeError(`it leads into ${shown(items)}, not into a list`);
    return [items, index];
  }

  /** The list or object that the path leads into, made our own, and its last step. */
  #find(path) {
    let holder = this.#top;
    let key = 0;
    for (const step of path) {
      holder = this.#madeOwn(holder, key);
      key = step;
    }
    return [holder, key];
  }

  #madeOwn(holder, key) {
    const value = valueAt(holder, key);
    if (typeof value !== "object" || value === null || this.#own.has(value)) return value;
    const copy = Array.isArray(value) ? [...value] : { ...value };
    holder[key] = copy;
    this.#own.add(copy);
    return copy;
  }
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

function valueAt(holder, key) {
  if (Array.isArray(holder) && typeof key === "number") {
    if (key < holder.length) return holder[key];
    throw new RangeError(`there is no item ${key} in a list of ${holder.length}`);
  }
  if (isObject(holder) && typeof key === "string") {
    if (Object.hasOwn(holder, key)) return holder[key];
    throw new RangeError(`there is no member ${shown(key)}`);
  }
  throw new RangeError(`it has ${shown(key)} where there is ${shown(holder)}`);
}

function expect(found, given, kind) {
  if (!same(found, given)) throw new RangeError(`there is ${shown(found)}, but ${kind} is ${shown(given)}`);
}

/**
 * @param {boolean} [cutting] whether pairs may be cut in half
 * @throws {RangeError} the edits do not fit the text
 */
export function editText(text, edits, cutting = false) {
  for (const { p, i, d = "" } of edits) {
    const end = p + d.length;
    if (end > text.length) throw new RangeError(`it reaches to ${end} in a string of ${text.length}`);
    if (text.slice(p, end) !== d) throw new RangeError(`the string has ${shown(text.slice(p, end))} there, not ${shown(d)}`);
    if (!cutting && (splitsPair(text, p) || splitsPair(text, end))) {
      throw new RangeError("it splits a surrogate pair: offsets count UTF-16 code units");
    }
    text = text.slice(0, p) + (i ?? "") + text.slice(end);
  }
  return text;
}

const splitsPair = (text, offset) => isHigh(text.charCodeAt(offset - 1)) && isLow(text.charCodeAt(offset));
