/**
 * Texts whose lines end with \r\n. The editor's lines end with \n, so that its offsets are those of the
 * document; the \r before it is a character that is not shown. Nothing comes between the two: no caret, no
 * insertion, no deletion of one without the other. What is typed or pasted ends its lines as the text does.
 */

import { Decoration, EditorSelection, EditorState, EditorView, Transaction, ViewPlugin, keymap } from "../../vendor/codemirror.js";
import { remote } from "./binding.js";

/** Whether an offset is between the two. */
const splits = (doc, offset) => doc.sliceString(offset - 1, offset + 1) === "\r\n" && offset > 0;

/** The part that is replaced, with both of the two or none of them. */
export function whole(doc, from, to, isDeletion) {
  if (from === to) return splits(doc, from) ? { from: from - 1, to: from - 1 } : { from, to };
  if (splits(doc, from)) from -= 1;
  // To delete the \r alone joins the lines; what else ends with it leaves the end of the line.
  if (splits(doc, to)) to += to - 1 === from && isDeletion ? 1 : -1;
  return { from, to };
}

/** How the line at an offset ends; the last line, as the one before it. */
export function endOf(doc, offset) {
  const line = doc.lineAt(offset);
  const end = line.number < doc.lines ? line.to : line.from - 1;
  return splits(doc, end) ? "\r\n" : "\n";
}

/** The changes of the user as they are to be; null where they are so already. */
function changesOf({ startState: { doc }, changes }) {
  const fixed = [];
  let isSame = true;
  changes.iterChanges((fromA, toA, _fromB, _toB, inserted) => {
    const given = inserted.sliceString(0, undefined, "\n");
    const { from, to } = whole(doc, fromA, toA, given === "");
    const insert = endOf(doc, fromA) === "\r\n" ? given.replace(/(?<!\r)\n/g, "\r\n") : given;
    isSame &&= from === fromA && to === toA && insert === given;
    fixed.push({ from: Math.max(from, fixed.at(-1)?.to ?? 0), to, insert });
  });
  return isSame ? null : fixed;
}

function withWholeEnds(transaction) {
  const isOwn = transaction.docChanged && !transaction.annotation(remote) && !transaction.isUserEvent("input.replace");
  const changes = isOwn ? changesOf(transaction) : null;
  if (!changes) return transaction;
  const { startState, effects, scrollIntoView } = transaction;
  const set = startState.changes(changes);
  const userEvent = transaction.annotation(Transaction.userEvent);
  return startState.update({ changes: set, selection: startState.selection.map(set, 1), effects, scrollIntoView, userEvent, filter: false });
}

/** A selection of which no end is between the two; null where it is so already. */
function outside(doc, selection) {
  const place = (offset) => (splits(doc, offset) ? offset - 1 : offset);
  if (!selection.ranges.some(({ anchor, head }) => splits(doc, anchor) || splits(doc, head))) return null;
  const ranges = selection.ranges.map(({ anchor, head }) => EditorSelection.range(place(anchor), place(head)));
  return EditorSelection.create(ranges, selection.mainIndex);
}

const filter = EditorState.transactionFilter.of((given) => {
  const transaction = withWholeEnds(given);
  const selection = outside(transaction.newDoc, transaction.newSelection);
  return selection ? [transaction, { selection, sequential: true }] : transaction;
});

/** One step onwards, over both of the two. */
const step = (isForward, extend) => (view) => {
  const { doc, selection } = view.state;
  if (!isForward(view) || !selection.ranges.some(({ head }) => splits(doc, head + 1))) return false;
  const ranges = selection.ranges.map((range) => {
    if (!extend && !range.empty) return EditorSelection.cursor(range.to);
    const { head } = view.moveByChar(range, true);
    const next = splits(doc, head) ? head + 1 : head;
    return EditorSelection.range(extend ? range.anchor : next, next);
  });
  view.dispatch({ selection: EditorSelection.create(ranges, selection.mainIndex), scrollIntoView: true, userEvent: "select" });
  return true;
};

const RIGHT_TO_LEFT = 1;
const isRightToLeft = (view) => view.textDirectionAt(view.state.selection.main.head) === RIGHT_TO_LEFT;
const isLeftToRight = (view) => !isRightToLeft(view);

const keys = keymap.of([
  { key: "ArrowRight", run: step(isLeftToRight, false), shift: step(isLeftToRight, true) },
  { key: "ArrowLeft", run: step(isRightToLeft, false), shift: step(isRightToLeft, true) },
  { mac: "Ctrl-f", run: step(() => true, false), shift: step(() => true, true) },
]);

const hidden = Decoration.replace({});

function hiddenIn({ state: { doc }, visibleRanges }) {
  const ranges = [];
  for (const { from, to } of visibleRanges) {
    for (let line = doc.lineAt(from); ; line = doc.line(line.number + 1)) {
      if (splits(doc, line.to) && line.to > (ranges.at(-1)?.to ?? 0)) ranges.push(hidden.range(line.to - 1, line.to));
      if (line.to >= to) break;
    }
  }
  return Decoration.set(ranges);
}

const hiding = ViewPlugin.define((view) => ({
  decorations: hiddenIn(view),
  update(update) {
    if (update.docChanged || update.viewportChanged) this.decorations = hiddenIn(update.view);
  },
}), { decorations: (plugin) => plugin.decorations });

/** Before the key maps and what shows other characters that can't be seen. */
export const lineEnds = [filter, keys, hiding];
