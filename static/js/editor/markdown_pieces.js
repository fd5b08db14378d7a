/**
 * The tokens of a Markdown text by its pieces, each of which is one element of the preview. A piece is a block that
 * no other one holds, such as a paragraph. Long lists and long code are several pieces in a row, so that a change in
 * one of them is not a change of all.
 */

/** So many items of a list, or lines of code, are one piece at most. */
const MAX_PARTS = 64;

const LISTS = new Set(["bullet_list_open", "ordered_list_open"]);
const CODE = new Set(["fence", "code_block"]);

/**
 * @typedef {object} Piece
 * @property {object[]} tokens
 * @property {number} first line of the text
 * @property {number} end the line behind it
 * @property {string} kind what the lines alone do not tell of how it looks
 * @property {boolean} isBegun goes on with the piece before it
 * @property {boolean} isUnfinished goes on in the next one
 */

/**
 * @param {object[]} tokens of markdown-it
 * @param {(line: number) => boolean} isBoundary whether one piece ended and another began there before: so it is to be again
 * @returns {Piece[]}
 */
export function piecesOf(tokens, isBoundary) {
  const pieces = [];
  for (const block of groups(tokens, 0)) {
    const [{ type }] = block;
    if (LISTS.has(type)) pieces.push(...piecesOfList(block, isBoundary));
    else if (CODE.has(type)) pieces.push(...piecesOfCode(block[0], isBoundary));
    else pieces.push(whole(block));
  }
  return pieces;
}

/** From an opening token of a level to its closing one, or a token alone. */
function groups(tokens, level) {
  const found = [];
  let begin = 0;
  tokens.forEach((token, index) => {
    if (token.level !== level || token.nesting === 1) return;
    found.push(tokens.slice(begin, index + 1));
    begin = index + 1;
  });
  return found;
}

function whole(tokens, kind = "") {
  const [{ type, map }] = tokens;
  return { tokens, first: map[0], end: map[1], kind: type + kind, isBegun: false, isUnfinished: false };
}

/** The indices at which parts in a row are cut, with both ends. */
function cuts(lines, isBoundary) {
  const found = [0];
  const cutEvenly = (to) => {
    const from = found.at(-1);
    const count = Math.ceil((to - from) / MAX_PARTS);
    for (let each = 1; each <= count; each += 1) found.push(from + Math.round(((to - from) * each) / count));
  };
  for (let index = 1; index < lines.length; index += 1) if (isBoundary(lines[index])) cutEvenly(index);
  cutEvenly(lines.length);
  return found;
}

function piecesOfList(tokens, isBoundary) {
  const [open, close] = [tokens[0], tokens.at(-1)];
  const items = groups(tokens.slice(1, -1), 1);
  // In a tight list the paragraphs are not seen.
  const isTight = tokens.some(({ type, level, hidden }) => type === "paragraph_open" && level === 2 && hidden);
  const looks = `${open.markup}${isTight}`;
  if (items.length <= MAX_PARTS) return [whole(tokens, looks)];
  const lines = items.map(([{ map }]) => map[0]);
  const number = Number(open.attrGet("start") ?? 1);
  return joined(lines, open.map, isBoundary, (from, to, map) => {
    const opening = copied(open, { map });
    if (open.type === "ordered_list_open") opening.attrSet("start", String(number + from));
    return whole([opening, ...items.slice(from, to).flat(), close], `${looks}${opening.attrGet("start")}`);
  });
}

function piecesOfCode(token, isBoundary) {
  const lines = token.content.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const looks = `${token.markup}${token.info}`;
  if (lines.length <= MAX_PARTS) return [whole([token], looks)];
  const first = token.map[0] + (token.type === "fence" ? 1 : 0);
  const numbers = lines.map((_, index) => first + index);
  return joined(numbers, token.map, isBoundary, (from, to, map) => {
    const content = lines.slice(from, to).map((line) => `${line}\n`).join("");
    return whole([copied(token, { map, content })], looks);
  });
}

/** Parts that begin in `lines`, in pieces that `make` makes of a range of them. */
function joined(lines, [first, end], isBoundary, make) {
  const at = cuts(lines, isBoundary);
  return at.slice(1).map((to, index) => {
    const isBegun = index > 0;
    const isUnfinished = to < lines.length;
    const map = [isBegun ? lines[at[index]] : first, isUnfinished ? lines[to] : end];
    const piece = make(at[index], to, map);
    return { ...piece, kind: `${piece.kind}${isBegun}${isUnfinished}`, isBegun, isUnfinished };
  });
}

function copied(token, changes) {
  const copy = Object.assign(Object.create(Object.getPrototypeOf(token)), token, changes);
  copy.attrs = token.attrs?.map((attribute) => [...attribute]) ?? null;
  return copy;
}
