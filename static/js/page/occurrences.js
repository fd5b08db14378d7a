/** Where a text holds what somebody looks for: whatever the case, and however an accent is encoded. */

/** More is not looked for: one more than are counted exactly. */
export const MAX_MATCHES = 10_001;

const SYNTAX = /[\\^$.*+?()[\]{}|/]/g;
// Who types a space means the one that does not break, too.
const pattern = (text) => text.replace(SYNTAX, "\\$&").replace(/[ \u00a0]/g, "[ \\u00a0]");

/**
 * @param {string} query
 * @returns {(text: string, maximum?: number) => {from: number, to: number}[]} offsets in UTF-16 code units,
 *   ascending, none in another; at most `maximum`
 */
export function finderOf(query) {
  if (query === "") return () => [];
  const forms = new Set([query, query.normalize("NFC"), query.normalize("NFD")]);
  const expression = new RegExp([...forms].map(pattern).join("|"), "giu");
  return (text, maximum = MAX_MATCHES) => {
    const found = [];
    if (maximum <= 0) return found;
    for (const { index: from, 0: match } of text.matchAll(expression)) {
      found.push({ from, to: from + match.length });
      if (found.length >= maximum) break;
    }
    return found;
  };
}
