/**
 * A text of the document as a text field of the browser has it: there \r\n and \r are \n, so that offsets
 * differ, and what is read back is not what was put in.
 */

import { affixes } from "../collab/ot/affixes.js";

export const shownText = (text) => text.replace(/\r\n?/g, "\n");

/** The place in the field of an offset in the text. */
export const toField = (text, offset) => shownText(text.slice(0, offset)).length - Number(isBetween(text, offset));

/** The place in the text of an offset in the field; never between \r and \n. */
export function fromField(text, offset) {
  let place = 0;
  for (let left = offset; left > 0 && place < text.length; left -= 1) place += isBetween(text, place + 1) ? 2 : 1;
  return place;
}

const isBetween = (text, offset) => text[offset - 1] === "\r" && text[offset] === "\n";

/** The text after what was done in the field: what was not touched there keeps the ends of its lines. */
export function fromFieldText(text, value) {
  const shown = shownText(text);
  if (shown === text) return value;
  const { start, end } = affixes(shown, value);
  const inserted = value.slice(start, value.length - end);
  return text.slice(0, fromField(text, start)) + inserted + text.slice(fromField(text, shown.length - end));
}
