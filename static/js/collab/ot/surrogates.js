/** UTF-16: an editor that compares texts unit by unit may cut an emoji in half; this heals it. */

import { changesOf, operationOf } from "./changes.js";

export const isHigh = (unit) => unit >= 0xd800 && unit < 0xdc00;
export const isLow = (unit) => unit >= 0xdc00 && unit < 0xe000;

/** No surrogate in `text` stands alone. */
export const isWellFormed = (text) => !/\p{Surrogate}/u.test(text);

/** `text` with U+FFFD in place of every lone surrogate; the length stays. */
export const wellFormed = (text) => text.replace(/\p{Surrogate}/gu, "\ufffd");

/** The same change to `content`, widened where it would split a pair, its inserts well-formed. */
export function repair(content, operation) {
  const changes = changesOf(operation);
  return operationOf(changes.map((change, index) => {
    const { from, to, insert } = widen(content, change, changes[index - 1]?.to ?? 0);
    return { from, to, insert: wellFormed(insert) };
  }));
}

/** `floor`: up to where the text before belongs to the change before this one. */
function widen(content, { from, to, insert }, floor) {
  const unit = (offset) => content.charCodeAt(offset);
  const first = insert === "" ? unit(to) : insert.charCodeAt(0);
  if (from > floor && isHigh(unit(from - 1)) && (isLow(unit(from)) || isLow(first))) {
    from -= 1;
    insert = content.charAt(from) + insert;
  }
  const last = insert === "" ? unit(from - 1) : insert.charCodeAt(insert.length - 1);
  if (isLow(unit(to)) && (isHigh(unit(to - 1)) || isHigh(last))) {
    insert += content.charAt(to);
    to += 1;
  }
  return { from, to, insert };
}
