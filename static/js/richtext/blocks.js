/**
 * Formats of a whole line. They are attributes of its newline, which may hold several of them at once,
 * and a line shows one: the first of `BLOCKS` that it has. So every editor shows the same.
 */

/** From the strongest to the weakest. */
export const BLOCKS = ["code-block", "list", "header", "blockquote"];

/** The name of the format that a line with these attributes of its newline shows, if any. */
export const shownBlock = (attributes = {}) => BLOCKS.find((name) => isSet(attributes[name]));

const isSet = (value) => value !== undefined && value !== null && value !== false;

/**
 * The edit of one editor, so that a line has one block format after it. An edit that sets one removes
 * the others by name, whether or not the line has them: of two such edits made at the same time, the one
 * that is committed first holds as a whole. An edit that removes the shown one removes what it hid.
 * @param {object[]} ops
 * @param {{ops: object[]}} content before the edit
 */
export function withOneBlock(ops, content) {
  if (!ops.some(namesBlock)) return ops;
  const edit = [];
  let offset = 0;
  for (const component of ops) {
    const { retain, delete: removed, attributes } = component;
    if (retain && namesBlock(component)) edit.push(...formatted(content, offset, retain, attributes));
    else edit.push(component);
    offset += retain ?? removed ?? 0;
  }
  return edit;
}

const namesBlock = ({ retain, attributes }) =>
  retain !== undefined && attributes !== undefined && BLOCKS.some((name) => Object.hasOwn(attributes, name));

/** One retain as several: a block format is for newlines only, and not all in its reach are alike. */
function formatted(content, offset, length, attributes) {
  const parts = [];
  let end = offset;
  for (const newline of newlinesIn(content, offset, offset + length)) {
    if (newline.offset > end) parts.push(component(newline.offset - end, withoutBlocks(attributes)));
    parts.push(component(1, changeOf(attributes, newline.attributes)));
    end = newline.offset + 1;
  }
  if (end < offset + length) parts.push(component(offset + length - end, withoutBlocks(attributes)));
  return parts;
}

const component = (retain, attributes) =>
  Object.keys(attributes).length > 0 ? { retain, attributes } : { retain };

function changeOf(attributes, held) {
  const others = withoutBlocks(attributes);
  const set = shownBlock(attributes);
  if (set) return { ...others, ...nothing(BLOCKS), [set]: attributes[set] };
  const removed = BLOCKS.filter((name) => Object.hasOwn(attributes, name));
  const shown = shownBlock(held);
  const hidden = removed.includes(shown) ? BLOCKS.filter((name) => Object.hasOwn(held, name)) : [];
  return { ...others, ...nothing([...removed, ...hidden]) };
}

const nothing = (names) => Object.fromEntries(names.map((name) => [name, null]));

const withoutBlocks = (attributes) =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => !BLOCKS.includes(name)));

/** The newlines of a content in a range; the editor's own one behind its end is one, too. */
function newlinesIn({ ops }, from, to) {
  const newlines = [];
  let offset = 0;
  for (const { insert, attributes = {} } of ops) {
    const length = typeof insert === "string" ? insert.length : 1;
    if (typeof insert === "string" && offset + length > from && offset < to) {
      let at = insert.indexOf("\n", Math.max(0, from - offset));
      for (; at >= 0 && offset + at < to; at = insert.indexOf("\n", at + 1)) newlines.push({ offset: offset + at, attributes });
    }
    offset += length;
  }
  for (; offset < to; offset += 1) if (offset >= from) newlines.push({ offset, attributes: {} });
  return newlines;
}
