/**
 * Long plain texts that are pasted. Quill would take all of one in at once, which holds the page for as long as that
 * takes; here it is one change of the document, to be taken back in one step, and is shown a piece at a time.
 */

import { BLOCKS } from "./blocks.js";

/** What is shorter than this many characters is pasted by Quill. */
const LONG_CHARACTERS = 20_000;

/**
 * @param {import("../../vendor/quill.js").Quill} quill
 * @param {(range: object, inserts: object[]) => void} replace as `bindQuill` gives it
 */
export function pasteLongTexts(quill, replace) {
  const { clipboard, history } = quill;
  const paste = clipboard.onPaste;
  clipboard.onPaste = (range, given) => {
    const { html, text = "" } = given;
    if (html || text.length < LONG_CHARACTERS) return paste.call(clipboard, range, given);
    history.cutoff();
    replace(range, insertsOf(text.replace(/\r\n?/g, "\n"), quill.getFormat(range.index)));
    history.cutoff();
  };
}

/** A text as components, with the formats of where it is put in. */
function insertsOf(text, formats) {
  const names = Object.keys(formats);
  const picked = (wanted) => Object.fromEntries(names.filter(wanted).map((name) => [name, formats[name]]));
  const isOfLine = (name) => BLOCKS.includes(name) || name === "indent";
  const marks = picked((name) => !isOfLine(name));
  if (!names.some(isOfLine)) return [component(text, marks)];
  const line = picked(isOfLine);
  const parts = text.split("\n").flatMap((part) => [component("\n", line), component(part, line["code-block"] ? {} : marks)]);
  return parts.slice(1).filter(({ insert }) => insert !== "");
}

const component = (insert, attributes) => (Object.keys(attributes).length > 0 ? { insert, attributes } : { insert });
