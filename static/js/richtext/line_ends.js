/**
 * Texts whose lines end with \r\n. The editor has a character without width for the \r; nothing comes
 * between the two, and neither is deleted without the other.
 */

import { cut, hasReturn } from "../collab/ot/delta/index.js";

/** Whether an offset of a content is between \r and \n. */
export function splitsEnd({ ops }, offset) {
  if (offset === 0 || !hasReturn(ops)) return false;
  // A newline may have other attributes than the text before it, and so a component of its own.
  const units = cut(ops, offset - 1, offset + 1).map(({ insert }) => (typeof insert === "string" ? insert : "\ufffc"));
  return units.join("") === "\r\n";
}

/**
 * The edit of one editor, with the changes that begin or end between \r and \n moved or widened.
 * @param {object[]} ops
 * @param {{ops: object[]}} content before the edit
 * @returns {object[]}
 */
export function withWholeEnds(ops, content) {
  if (!hasReturn(content.ops)) return ops;
  const edit = [];
  let offset = 0;
  let held = null; // a \r that is kept, behind what is inserted next
  let taken = 0; // what was deleted with a \r before it
  const keepHeld = () => {
    if (held) edit.push(held);
    held = null;
  };
  ops.forEach((component, index) => {
    if (component.insert !== undefined) return void edit.push(component);
    const { retain, attributes, delete: removed } = component;
    const length = (retain ?? removed) - taken;
    offset += retain ?? removed;
    taken = 0;
    if (length === 0) return;
    const isBetween = splitsEnd(content, offset);
    if (retain !== undefined) {
      keepHeld();
      const isLast = index === ops.length - 1 || ops[index + 1].retain !== undefined;
      const kept = isBetween && !isLast ? length - 1 : length;
      if (kept > 0) edit.push({ ...component, retain: kept });
      if (kept < length) held = { retain: 1, ...(attributes && { attributes }) };
      return;
    }
    const whole = length + (held ? 1 : 0);
    held = null;
    if (!isBetween) return void edit.push({ delete: whole });
    if (whole === 1) {
      taken = 1;
      return void edit.push({ delete: 2 });
    }
    edit.push({ delete: whole - 1 });
    held = { retain: 1 };
  });
  keepHeld();
  return edit;
}

/**
 * Have the caret of an editor step over both of the two, and stand between them never for longer than it takes
 * the browser to say so.
 * @param {import("../../vendor/quill.js").Quill} quill
 * @param {() => {ops: object[]}} content what the editor shows
 */
export function keepCaretOutOfEnds(quill, content) {
  // The browser tells of a moved caret later than of the next key, so each step is made here.
  quill.root.addEventListener("keydown", (event) => {
    const { key, altKey, ctrlKey, metaKey, shiftKey, isComposing } = event;
    if (altKey || ctrlKey || metaKey || shiftKey || isComposing || !ARROWS.has(key)) return;
    const range = quill.getSelection();
    if (range?.length !== 0) return;
    const isForward = (key === "ArrowRight") === isLeftToRight(quill, range.index);
    const next = range.index + (isForward ? 1 : -1);
    if (!splitsEnd(content(), next)) return;
    event.preventDefault();
    quill.setSelection(next + (isForward ? 1 : -1), 0, "user");
  });
  quill.on("selection-change", (range) => {
    if (range?.length === 0 && splitsEnd(content(), range.index)) quill.setSelection(range.index - 1, 0, "silent");
  });
}

const ARROWS = new Set(["ArrowLeft", "ArrowRight"]);

const isLeftToRight = (quill, index) => getComputedStyle(quill.getLine(index)[0]?.domNode ?? quill.root).direction === "ltr";
