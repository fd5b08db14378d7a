/** What style attributes and simple style sheets say of bold, colours and the like. */

import { attributeOf } from "./source.js";

const DECLARATION = /([\w-]+)\s*:\s*((?:"[^"]*"|'[^']*'|\([^)]*\)|[^;"'(])*)/g;
const SELECTOR = /^([a-z][a-z0-9]*)?(\.[\w-]+)?$/i;
const MAX_STYLE = 4000;
const MAX_RULES = 2000;
const BOLD_MINIMUM = 600;
const MONOSPACE = /courier|consolas|menlo|monaco|mono\b|source code|lucida console|sf mono|cascadia/i;
const PRESERVING = /^(?:pre|pre-wrap|break-spaces)$/i;

/**
 * @param {string} text such as that of a style attribute
 * @returns {Map<string, string>} the last value of each property, in small letters
 */
export function declarations(text) {
  const found = new Map();
  for (const [, name, value] of text.slice(0, MAX_STYLE).matchAll(DECLARATION)) {
    found.set(name.toLowerCase(), value.replace(/!important/i, "").trim().toLowerCase());
  }
  return found;
}

/** The rules of style sheets whose selectors are a tag, a class, or both. */
export class StyleSheet {
  #rules = new Map();

  /** @param {string} text */
  constructor(text) {
    const source = text.replace(/\/\*[^*]*\*\/|<!--|-->/g, " ");
    let offset = 0;
    for (let count = 0; count < MAX_RULES; count += 1) {
      const open = source.indexOf("{", offset);
      const close = source.indexOf("}", open);
      if (open < 0 || close < 0) return;
      const selectors = source.slice(offset, open).split(",").map((selector) => selector.trim().toLowerCase());
      for (const selector of selectors.filter((selector) => SELECTOR.test(selector))) {
        const before = this.#rules.get(selector) ?? [];
        this.#rules.set(selector, [...before, ...declarations(source.slice(open + 1, close))]);
      }
      offset = close + 1;
    }
  }

  /**
   * What holds for an element by itself, without what it inherits.
   * @param {Element} element
   * @returns {Map<string, string>}
   */
  of(element) {
    const own = attributeOf(element, "style");
    const { localName: tag } = element;
    if (this.#rules.size === 0) return declarations(own);
    const classes = attributeOf(element, "class").toLowerCase().split(/\s+/).filter(Boolean).slice(0, 20);
    const selectors = [tag, ...classes.map((name) => `.${name}`), ...classes.map((name) => `${tag}.${name}`)];
    return new Map([...selectors.flatMap((selector) => this.#rules.get(selector) ?? []), ...declarations(own)]);
  }
}

/** Whether spaces and ends of lines are to be kept; undefined where nothing is said. */
export function preserves(style) {
  const value = style.get("white-space");
  return value === undefined ? undefined : PRESERVING.test(value);
}

export const isMonospace = (style) => MONOSPACE.test(style.get("font-family") ?? "");

export const isHidden = (style) => style.get("display") === "none" || style.get("mso-hide") === "all";

/**
 * The marks that a style turns on (a value) and off (null).
 * @param {Map<string, string>} style
 */
export function marksOf(style) {
  const marks = {};
  const font = style.get("font") ?? "";
  const weight = style.get("font-weight") ?? (/\bbold\b/.test(font) ? "bold" : undefined);
  if (weight !== undefined) marks.bold = isBold(weight) ? true : null;
  const slope = style.get("font-style") ?? (/\b(?:italic|oblique)\b/.test(font) ? "italic" : undefined);
  if (slope !== undefined) marks.italic = /italic|oblique/.test(slope) ? true : null;
  const lines = `${style.get("text-decoration") ?? ""} ${style.get("text-decoration-line") ?? ""}`;
  if (lines.includes("underline")) marks.underline = true;
  if (lines.includes("line-through")) marks.strike = true;
  const script = { super: "super", sub: "sub" }[style.get("vertical-align")];
  if (script) marks.script = script;
  if (style.has("color")) marks.color = strongColor(style.get("color"));
  const background = style.get("background-color") ?? style.get("background") ?? style.get("mso-highlight");
  if (background !== undefined) marks.background = strongColor(background);
  if (isMonospace(style)) marks.code = true;
  return marks;
}

/** Weights may be variables with a value in case there is none. */
function isBold(weight) {
  const number = /(\d+)\)?$/.exec(weight);
  return number ? Number(number[1]) >= BOLD_MINIMUM : /^bold/.test(weight);
}

let canvas = null;
/** Below, a colour is a grey: the ink and the paper of the page that it is from. */
const CHROMA_MINIMUM = 40;

/**
 * A colour that somebody has chosen, as `#rrggbb`; null for greys, and for what is no plain colour.
 * @param {string} value as in a style sheet
 */
export function strongColor(value) {
  canvas ??= new OffscreenCanvas(1, 1).getContext("2d");
  canvas.fillStyle = "#000000";
  canvas.fillStyle = value;
  const color = canvas.fillStyle;
  if (!/^#[0-9a-f]{6}$/.test(color)) return null;
  const parts = [1, 3, 5].map((start) => parseInt(color.slice(start, start + 2), 16));
  return Math.max(...parts) - Math.min(...parts) >= CHROMA_MINIMUM ? color : null;
}
