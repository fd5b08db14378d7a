/** The matches of CodeMirror's search in all of a text, a slice at a time. */

export const SLICE_CHARACTERS = 20_000;

/**
 * The matches that "next" goes through. A match of a pattern may be of any length.
 *
 * @param {import("../../vendor/codemirror.js").EditorState} state
 * @param {object} query a valid SearchQuery
 * @param {number} [sliceCharacters] about so many characters are searched for one value
 * @returns {Generator<{from: number, to: number}[]>} the matches that begin in the next slice, ascending, none in another
 */
export function* matchesBySlice(state, query, sliceCharacters = SLICE_CHARACTERS) {
  const { length } = state.doc;
  // What is found is compared in its decomposed form, which is at least half as long as what it stands for.
  const found = 2 * query.search.normalize("NFKD").length;
  let start = 0;
  let last = -1;
  do {
    const end = lineEnd(state, query, start + sliceCharacters);
    let matches;
    let isCut = true;
    for (let reach = query.regexp ? sliceCharacters : found; isCut; reach *= 4) {
      const to = lineEnd(state, query, end + reach);
      matches = matchesIn(state, query, { start, end, to, last });
      // Only a pattern can match more than what was looked at.
      isCut = query.regexp && to < length && matches.at(-1)?.to === to;
    }
    last = matches.at(-1)?.to ?? last;
    start = Math.max(end, last);
    yield matches;
  } while (start < length);
}

/** A pattern looks at whole lines. */
function lineEnd({ doc }, query, offset) {
  if (offset >= doc.length) return doc.length;
  return query.regexp ? doc.lineAt(offset).to : offset;
}

function matchesIn(state, query, { start, end, to, last }) {
  // The letter before the slice decides whether a word begins with it.
  const cursor = query.getCursor(state, query.regexp ? start : Math.max(0, start - 2), to);
  const matches = [];
  let previous = last;
  while (!nextOf(cursor).done) {
    const { from, to: after } = cursor.value;
    if (from >= end && end < state.doc.length) break;
    // An empty one does not count at the end of another.
    if (from < start || (from < after ? from < previous : from <= previous)) continue;
    matches.push({ from, to: after });
    previous = after;
  }
  return matches;
}

/** One that begins before the slice must not hide the next one. */
const nextOf = (cursor) => cursor.nextOverlapping?.() ?? cursor.next();
