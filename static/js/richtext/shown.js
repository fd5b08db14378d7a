/**
 * What the editor shows of a content: a function of the content alone, however it came to be. An editor
 * that applies one change after the other may come to show another thing; `linesOf` says where to look.
 */

import { Delta } from "../../vendor/quill-delta.js";
import { cut, lengthOf as lengthIn, locate } from "../collab/ot/delta/index.js";
import { shownImage, shownLink } from "./addresses.js";
import { shownBlock } from "./blocks.js";
import { forQuill } from "./components.js";
import { lacksNewline, lengthOf } from "./final_newline.js";

const MARKS = ["bold", "italic", "underline", "strike", "code", "script", "color", "background", "link"];
const OF_IMAGES = ["alt", "width", "height"];

/** How long a content is in the editor. */
export const shownLength = (content) => lengthOf(content) + (lacksNewline(content) ? 1 : 0);

/**
 * Whole lines of a content as the editor has them; all of it where no range is given.
 * @param {{ops: object[]}} content
 * @param {number} [from] where a line begins
 * @param {number} [to] where a line ends, behind its newline
 * @returns {Delta}
 */
export function shownOf(content, from = 0, to = shownLength(content)) {
  const shown = new Delta();
  let line = [];
  const endLine = (attributes) => {
    const block = shownBlock(attributes);
    // Code has no formats but those that pictures have of their own.
    const kept = (attributes) => (block === "code-block" ? picked(attributes, OF_IMAGES) : attributes);
    for (const { insert, attributes: formats } of line) shown.insert(insert, kept(formats));
    const depth = block === "list" ? picked(attributes, ["indent"]) : {};
    shown.insert("\n", block && { [block]: block === "code-block" ? true : attributes[block], ...depth });
    line = [];
  };
  for (const { insert, attributes = {} } of forQuill(cut(content.ops, from, to))) {
    if (typeof insert !== "string") {
      line.push(embed(insert, attributes));
      continue;
    }
    const marks = marksOf(attributes);
    insert.split("\n").forEach((text, index) => {
      if (index > 0) endLine(attributes);
      if (text !== "") line.push({ insert: text, attributes: marks });
    });
  }
  if (line.length > 0 || to > lengthOf(content)) endLine({});
  return shown;
}

function embed(insert, attributes) {
  const marks = marksOf(attributes);
  if (insert.image === undefined) return { insert, attributes: marks };
  return { insert: { image: shownImage(insert.image) }, attributes: { ...marks, ...picked(attributes, OF_IMAGES) } };
}

function marksOf(attributes) {
  const marks = picked(attributes, MARKS);
  return marks.link === undefined ? marks : { ...marks, link: shownLink(marks.link) };
}

const picked = (attributes, names) =>
  Object.fromEntries(names.filter((name) => attributes[name] !== undefined).map((name) => [name, attributes[name]]));

/**
 * The whole lines that an operation has touched.
 * @param {{ops: object[]}} content after it
 * @param {{ops: object[]}} operation
 * @returns {{from: number, to: number}[]} ascending, apart from each other
 */
export function linesOf(content, operation) {
  const ranges = [];
  let offset = 0;
  for (const { retain, insert, delete: removed, attributes } of operation.ops) {
    const length = retain ?? (typeof insert === "string" ? insert.length : Number(insert !== undefined));
    if (removed || insert !== undefined || attributes) addLines(ranges, content, offset, offset + length);
    offset += length;
  }
  return ranges;
}

function addLines(ranges, content, from, to) {
  const last = ranges.at(-1);
  // What ends at the end of a line may have moved the next one's beginning into it.
  if (last && to < last.to) return;
  const line = { from: lineStart(content, from), to: lineEnd(content, to) };
  if (last && line.from <= last.to) last.to = line.to;
  else ranges.push(line);
}

/** Behind the last newline before an offset. */
function lineStart({ ops }, end) {
  let { index, before } = locate(ops, end);
  for (; index >= 0; index -= 1, before -= index >= 0 ? lengthIn(ops[index]) : 0) {
    const insert = ops[index]?.insert;
    const at = typeof insert === "string" && end > before ? insert.lastIndexOf("\n", end - before - 1) : -1;
    if (at >= 0) return before + at + 1;
  }
  return 0;
}

/** Behind the first newline at or after an offset. */
function lineEnd(content, start) {
  const { ops } = content;
  let { index, before } = locate(ops, start);
  for (; index < ops.length; before += lengthIn(ops[index]), index += 1) {
    const { insert } = ops[index];
    const at = typeof insert === "string" ? insert.indexOf("\n", Math.max(0, start - before)) : -1;
    if (at >= 0) return before + at + 1;
  }
  return shownLength(content);
}
