/**
 * Which formats the editor shows, and with which values. What else is in a document stays there, but the
 * widget is not given it: it takes the names of its own inner parts for formats, too, and breaks.
 */

const LANGUAGE = /^[\w+#.-]{1,40}$/;
const SIZE = /^\d{1,5}(?:\.\d{1,3})?(?:px|%)?$/;
/** Also that of others, who may write names of colours. */
const COLOR = /^(?!transparent$)(?:#(?:[0-9a-f]{3}){1,2}|[a-z]{3,24})$/i;
const MAX_TEXT = 500;
/** How deep an item of a list may be shown. */
export const MAX_DEPTH = 8;

const onOrOff = (value) => (value ? true : null);
const text = (value) => (typeof value === "string" && value !== "" ? value : null);
const color = (value) => (typeof value === "string" && COLOR.test(value) ? value : null);
const size = (value) => (SIZE.test(value) ? String(value) : null);
const LISTS = ["bullet", "ordered", "checked", "unchecked"];

/** Each gives the value that is shown, or null for none. */
const SHOWN = new Map([
  ...["bold", "italic", "underline", "strike", "code", "blockquote"].map((name) => [name, onOrOff]),
  ["script", (value) => (value === "super" || value === "sub" ? value : null)],
  ["color", color],
  ["background", color],
  ["link", text],
  ["header", (value) => (/^[1-6]$/.test(value) ? Number(value) : null)],
  ["list", (value) => (LISTS.includes(value) ? value : null)],
  ["indent", (value) => (Number.isInteger(value) && value > 0 && value <= MAX_DEPTH ? value : null)],
  ["code-block", (value) => (typeof value === "string" && LANGUAGE.test(value) ? value : onOrOff(value))],
  ["alt", (value) => text(value)?.slice(0, MAX_TEXT) ?? null],
  ["width", size],
  ["height", size],
]);

/**
 * @param {object | undefined} attributes of a component
 * @param {boolean} isInsert what is put in has no format to be taken away
 * @returns {object | undefined}
 */
export function shownAttributes(attributes, isInsert) {
  const shown = Object.entries(attributes ?? {})
    .filter(([name]) => SHOWN.has(name))
    .map(([name, value]) => [name, value === null ? null : SHOWN.get(name)(value)])
    .filter(([, value]) => value !== null || !isInsert);
  return shown.length > 0 ? Object.fromEntries(shown) : undefined;
}
