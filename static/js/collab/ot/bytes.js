/** How long values and texts are as JSON, and how much of a text goes into so many bytes. */

/** A text is never cut to less than this; every character takes fewer bytes. */
export const LEAST_TEXT_BYTES = 16;

/** How many bytes a value takes as JSON. */
export const bytesOf = (value) => new TextEncoder().encode(JSON.stringify(value)).length;

/** The longest beginning whose JSON is at most `bytes` long, ending between characters. */
export function head(text, bytes) {
  if (text.length * 6 <= bytes) return text;
  let used = 0;
  let end = 0;
  for (const character of text) {
    used += jsonBytes(character);
    if (used > bytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/** How many bytes a text takes inside the quotes of JSON. */
export function jsonBytes(text) {
  let bytes = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x20) bytes += 6;
    else if (unit < 0x80) bytes += unit === 0x22 || unit === 0x5c ? 2 : 1;
    else bytes += unit < 0x800 ? 2 : 3;
  }
  return bytes;
}
