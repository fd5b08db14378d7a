/**
 * The newline at the end. The editor always has one; a document may end without. Then the editor
 * shows one more than there is, until somebody writes here: their first edit puts it into the
 * document, too. To open a document is no edit.
 */

import { lengthOfAll } from "../collab/ot/delta/index.js";

/** Whether the editor shows a newline that the content has not. */
export function lacksNewline({ ops }) {
  const last = ops.at(-1)?.insert;
  return typeof last !== "string" || !last.endsWith("\n");
}

export const lengthOf = ({ ops }) => lengthOfAll(ops);

/**
 * An edit made in the editor, as one of a document that lacks the newline.
 * @param {object[]} ops what was done, the shown newline included
 * @param {{ops: object[]}} content the document before
 */
export function withNewline(ops, content) {
  let left = lengthOf(content);
  const edit = [];
  let newline = { insert: "\n" };
  for (const component of ops) {
    const { retain, delete: removed, attributes } = component;
    const reach = retain ?? removed;
    if (reach === undefined) {
      edit.push(component);
      continue;
    }
    const inside = Math.min(reach, left);
    left -= inside;
    if (inside > 0) edit.push(removed ? { delete: inside } : { ...component, retain: inside });
    if (inside < reach && retain && attributes) newline = { insert: "\n", attributes };
  }
  if (left > 0) edit.push({ retain: left });
  return { ops: [...edit, newline] };
}

/**
 * What the editor has to do for its newline when a change came from outside.
 * @param {boolean} had whether the document had a newline at its end before the change
 * @param {{ops: object[]}} after the content that the change made
 * @returns {object[]} components on that content
 */
export function newlineChange(had, after) {
  const has = !lacksNewline(after);
  if (had === has) return [];
  const end = lengthOf(after);
  const retain = end > 0 ? [{ retain: end }] : [];
  return [...retain, has ? { delete: 1 } : { insert: "\n" }];
}
