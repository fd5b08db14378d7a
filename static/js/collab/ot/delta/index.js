/** Where in a rich text an offset lies, without counting through all of its components. */

const BLOCK = 128;

/** The components of a content in blocks: how many, how long together, and whether there is a \r in them. */
const known = new WeakMap();

export const lengthOf = ({ insert }) => (typeof insert === "string" ? insert.length : 1);

/**
 * @param {object[]} ops of a content
 * @returns {{index: number, before: number}} the first component that ends at `offset` or behind it, or the
 *   end, and where it begins
 */
export function locate(ops, offset) {
  let index = 0;
  let before = 0;
  for (const { count, length } of ops.length > 2 * BLOCK ? summary(ops) : []) {
    if (before + length >= offset) break;
    index += count;
    before += length;
  }
  while (index < ops.length && before + lengthOf(ops[index]) < offset) before += lengthOf(ops[index++]);
  return { index, before };
}

/** How long a content is. */
export function lengthOfAll(ops) {
  let all = 0;
  for (const { length } of summary(ops)) all += length;
  return all;
}

/** Whether a content has a carriage return anywhere. */
export const hasReturn = (ops) => summary(ops).some(({ isReturned }) => isReturned);

/** The components of a content from an offset to another. */
export function cut(ops, from, to) {
  const found = [];
  let { index, before } = locate(ops, from);
  for (; index < ops.length && before < to; index += 1) {
    const length = lengthOf(ops[index]);
    const [start, end] = [Math.max(0, from - before), Math.min(length, to - before)];
    if (start === 0 && end === length) found.push(ops[index]);
    else if (start < end) found.push({ ...ops[index], insert: ops[index].insert.slice(start, end) });
    before += length;
  }
  return found;
}

/** A content with other components in place of those from `first` to `end`. */
export function replaced(ops, first, end, inserted) {
  const after = [...ops.slice(0, first), ...inserted, ...ops.slice(end)];
  if (known.has(ops)) known.set(after, blocksAfter(ops, after, first, end));
  return after;
}

function summary(ops) {
  if (!known.has(ops)) known.set(ops, [...blocks(ops, 0, ops.length)]);
  return known.get(ops);
}

function* blocks(ops, start, end) {
  for (let from = start; from < end; from += BLOCK) {
    const to = Math.min(end, from + BLOCK);
    let length = 0;
    let isReturned = false;
    for (let index = from; index < to; index += 1) {
      const { insert } = ops[index];
      length += lengthOf(ops[index]);
      isReturned ||= typeof insert === "string" && insert.includes("\r");
    }
    yield { count: to - from, length, isReturned };
  }
}

/** The blocks that were not touched stay. */
function blocksAfter(ops, after, first, end) {
  const before = known.get(ops);
  let [from, start] = [0, 0];
  while (from < before.length && start + before[from].count <= first) start += before[from++].count;
  let [to, stop] = [from, start];
  while (to < before.length && stop < end) stop += before[to++].count;
  const renewed = blocks(after, start, after.length - (ops.length - stop));
  return [...before.slice(0, from), ...renewed, ...before.slice(to)];
}
