/**
 * What people write to be shown to others on one line: names and titles. `collab/auth/texts.py` is the
 * same on the server, and both are tested with `tests/texts.json`.
 */

// Controls, separators of lines and paragraphs, controls of direction, annotations, lone surrogates
// and what is no character. Joiners, wide spaces and marks stay: names are written with them.
const REFUSED =
  /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u206f\ufff9-\ufffb\p{Noncharacter_Code_Point}]+/gu;

/**
 * The text as the server takes it: what it refuses is a space, and what is too long ends earlier.
 * @param {string} text
 * @param {number} maximum in code points; no letter or emoji of several is cut in two
 */
export function cleanText(text, maximum) {
  const line = text.replace(REFUSED, " ").replace(/ {2,}/g, " ").trim();
  return cut(line, maximum).trim();
}

function cut(text, maximum) {
  if (text.length <= maximum) return text;
  let kept = "";
  let left = maximum;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    left -= [...segment].length;
    if (left < 0) break;
    kept += segment;
  }
  // One cluster of so many marks that nothing would be left is cut all the same.
  return kept || [...text].slice(0, maximum).join("");
}
