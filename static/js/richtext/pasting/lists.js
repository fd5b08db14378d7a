/** What an item of a list is, as each program writes it. */

import { MAX_DEPTH } from "../attributes.js";
import { attributeOf } from "./source.js";

const KINDS = ["bullet", "ordered", "checked", "unchecked"];
/** Of a paragraph of Word: which level of which list it is in. */
const WORD_LEVEL = /\blevel(\d+)/;
const WORD_NUMBER = /^[\s\u00a0(]*(?:\d+(?:\.\d+)*|[a-z]{1,2}|[ivxlcdm]+)[.):]/i;
const EMPTY_BOXES = /^[\s\u00a0]*[☐□❏❑❒⬜][\s\u00a0]*/;
const TICKED_BOXES = /^[\s\u00a0]*[☑☒✅✔✓⊠][\s\u00a0]*/;
const WRITTEN_BOX = /^[\s\u00a0]*\[([ xX\u00a0])\][\s\u00a0]+/;
/** Letters that the fonts of Word draw as boxes. */
const WINGDINGS = { o: "unchecked", q: "unchecked", "¨": "unchecked", x: "checked", "ý": "checked", "þ": "checked", "ü": "checked" };

const depthOf = (level) => Math.min(MAX_DEPTH, Math.max(0, level));

/** The attributes of the newline of an item. */
const item = (list, level) => ({ list, ...(depthOf(level) > 0 && { indent: depthOf(level) }) });

/**
 * @param {Element} element `li`
 * @param {{name: string, depth: number} | null} list the one it is in, from depth 1
 * @returns {{list: string, indent?: number}}
 */
export function itemOf(element, list) {
  const told = Number(attributeOf(element, "aria-level") || attributeOf(element, "data-aria-level"));
  const classes = attributeOf(element, "class");
  const indent = Number(/\bql-indent-(\d)\b/.exec(classes)?.[1] ?? 0);
  const level = (told > 0 ? told : list?.depth ?? 1) - 1 + indent;
  return item(kindOf(element, list), level);
}

function kindOf(element, list) {
  const named = attributeOf(element, "data-list");
  if (KINDS.includes(named)) return named;
  const ticked = attributeOf(element, "aria-checked") || attributeOf(element, "data-checked");
  if (ticked !== "") return ticked === "true" ? "checked" : "unchecked";
  const box = boxOf(element);
  if (box) return box;
  return list?.name === "ol" ? "ordered" : "bullet";
}

/** A box to be ticked, before the text of an item. */
function boxOf(element) {
  const box = element.querySelector("input[type=checkbox], .checkbox, [role=checkbox]");
  if (!box || box.closest("li") !== element) return null;
  const isOn = box.hasAttribute("checked") || box.classList.contains("checkbox-on") || box.getAttribute("aria-checked") === "true";
  return isOn ? "checked" : "unchecked";
}

/**
 * A paragraph that Word has in a list; null for another one.
 * @param {Element} element
 * @param {Map<string, string>} style
 */
export function wordItemOf(element, style) {
  const level = WORD_LEVEL.exec(style.get("mso-list") ?? "");
  if (!level) return null;
  const marker = [...element.querySelectorAll("*")].find(isMarker);
  return item(markedKind(marker), Number(level[1]) - 1);
}

/** What Word writes for programs that know no lists: the bullet or the number. */
export const isMarker = (element) => /mso-list\s*:\s*ignore/i.test(attributeOf(element, "style"));

function markedKind(marker) {
  const text = marker?.textContent ?? "";
  if (EMPTY_BOXES.test(text)) return "unchecked";
  if (TICKED_BOXES.test(text)) return "checked";
  const fonts = marker ? [marker, ...marker.querySelectorAll("*"), marker.parentElement].map((each) => attributeOf(each, "style")) : [];
  const box = fonts.some((style) => /wingdings/i.test(style)) && WINGDINGS[text.trim()[0]];
  return box || (WORD_NUMBER.test(text) ? "ordered" : "bullet");
}

/**
 * A line that begins with a box that is a letter or, in a list, written as `[ ]`.
 * @param {string} text
 * @param {boolean} isItem
 * @returns {{kind: string, length: number} | null} the length of the box
 */
export function boxBefore(text, isItem) {
  const written = isItem ? WRITTEN_BOX.exec(text) : null;
  if (written) return { kind: /x/i.test(written[1]) ? "checked" : "unchecked", length: written[0].length };
  const empty = EMPTY_BOXES.exec(text);
  if (empty) return { kind: "unchecked", length: empty[0].length };
  const ticked = /^[\s\u00a0]*[☑☒]/.test(text) || isItem ? TICKED_BOXES.exec(text) : null;
  return ticked && { kind: "checked", length: ticked[0].length };
}
