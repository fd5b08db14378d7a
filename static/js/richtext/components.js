/** Components of operations, for the editor and from it: of the same lengths on both sides. */

import { shownAttributes } from "./attributes.js";

/** In the editor, embeds of kinds that it doesn't know. */
export const UNKNOWN = "unknown-embed";
const KNOWN_EMBEDS = new Set(["image"]);
const MAX_LABEL = 40;

/**
 * Characters that the editor takes for its own: it makes one of \r\n, which is shorter than it was, and
 * marks places with U+FEFF.
 */
const shownText = (text) => text.replace(/[\r\ufeff]/g, "\u200b");

const shownInsert = (insert) => {
  if (typeof insert === "string") return shownText(insert);
  return isKnownEmbed(insert) ? insert : { [UNKNOWN]: insert };
};

/** Components as the editor can show them. */
export const forQuill = (ops) =>
  ops.map(({ attributes, ...component }) => {
    const { insert } = component;
    const shown = shownAttributes(attributes, insert !== undefined);
    if (shown) component.attributes = shown;
    if (insert !== undefined) component.insert = shownInsert(insert);
    return component;
  });

function isKnownEmbed(embed) {
  const [[kind, value] = [], ...more] = Object.entries(embed);
  return KNOWN_EMBEDS.has(kind) && typeof value === "string" && more.length === 0;
}

/** How an embed that the editor doesn't know is named in the text. */
export const labelOf = (embed) => Object.keys(embed)[0]?.slice(0, MAX_LABEL) || "embed";

/**
 * What pasted HTML calls such an embed, if it may be one.
 * @param {string | undefined} text JSON
 * @returns {object | null}
 */
export function unknownEmbed(text) {
  try {
    const value = JSON.parse(text);
    const isEmbed = Object.prototype.toString.call(value) === "[object Object]" && Object.keys(value).length === 1;
    return isEmbed && !isKnownEmbed(value) ? value : null;
  } catch {
    return null;
  }
}

/** What the editor says, as the document holds it. */
export const fromQuill = (ops) =>
  ops.map((component) => {
    const { insert } = component;
    return insert?.[UNKNOWN] ? { ...component, insert: insert[UNKNOWN] } : component;
  });
