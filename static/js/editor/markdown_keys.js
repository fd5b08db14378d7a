/** Ctrl+B, Ctrl+I and Ctrl+K: bold, italic and a link, as Markdown has them. */

import { EditorSelection } from "../../vendor/codemirror.js";

const ADDRESS = "https://";
const LINK = /\[([^\]\n]*)\]\(([^)\s]*)\)/g;

const starsBefore = (doc, offset) => /\**$/.exec(doc.sliceString(Math.max(0, offset - 3), offset))[0].length;
const starsAfter = (doc, offset) => /^\**/.exec(doc.sliceString(offset, offset + 3))[0].length;
/** Whether so many stars on both sides hold this mark: three are both. */
const holds = (stars, mark) => (mark === "**" ? stars >= 2 : stars % 2 === 1);

/** What the mark is for: no spaces at its ends; without a selection the word at the cursor. */
function marked(state, range) {
  const { from, to } = range.empty ? state.wordAt(range.head) ?? range : range;
  const text = state.sliceDoc(from, to);
  const start = from + (text.length - text.trimStart().length);
  return { from: start, to: Math.max(start, to - (text.length - text.trimEnd().length)) };
}

/** @param {"*" | "**"} mark */
const toggle = (mark) => ({ state, dispatch }) => {
  if (state.readOnly) return false;
  const { length } = mark;
  const change = state.changeByRange((range) => {
    const { doc } = state;
    let { from, to } = marked(state, range);
    const isWhole = from < to;
    const inner = isWhole && starsAfter(doc, from) < to - from ? Math.min(starsAfter(doc, from), starsBefore(doc, to)) : 0;
    if (holds(inner, mark)) [from, to] = [from + length, to - length];
    const isSet = holds(inner, mark) || (isWhole && holds(Math.min(starsBefore(doc, from), starsAfter(doc, to)), mark));
    const step = isSet ? -length : length;
    const changes = isSet
      ? [{ from: from - length, to: from }, { from: to, to: to + length }]
      : [{ from, insert: mark }, { from: to, insert: mark }];
    const place = range.empty ? EditorSelection.cursor(range.head + step) : EditorSelection.range(from + step, to + step);
    return { changes, range: place };
  });
  dispatch(state.update(change, { scrollIntoView: true, userEvent: "input" }));
  return true;
};

/** The cursor goes where something is missing: to the address, or to the words of a selected address. */
function link({ state, dispatch }) {
  if (state.readOnly) return false;
  const known = addressAt(state);
  if (known) {
    dispatch(state.update({ selection: known, scrollIntoView: true }));
    return true;
  }
  const change = state.changeByRange(({ from, to }) => {
    const text = state.sliceDoc(from, to);
    const isAddress = /^\w+:\/\/\S+$/.test(text);
    const insert = isAddress ? `[](${text})` : `[${text}](${ADDRESS})`;
    const address = from + text.length + "[](".length;
    const range = isAddress ? EditorSelection.cursor(from + 1) : EditorSelection.range(address, address + ADDRESS.length);
    return { changes: { from, to, insert }, range };
  });
  dispatch(state.update(change, { scrollIntoView: true, userEvent: "input" }));
  return true;
}

/** Of the link that the cursor is in. */
function addressAt(state) {
  const { from, to } = state.selection.main;
  const line = state.doc.lineAt(from);
  for (const { 0: whole, 1: words, 2: address, index } of line.text.matchAll(LINK)) {
    const start = line.from + index;
    if (from < start || to > start + whole.length) continue;
    const begin = start + words.length + "[](".length;
    return EditorSelection.single(begin, begin + address.length);
  }
  return null;
}

export const markdownKeys = [
  { key: "Mod-b", run: toggle("**"), preventDefault: true },
  { key: "Mod-i", run: toggle("*"), preventDefault: true },
  { key: "Mod-k", run: link, preventDefault: true },
];
