/** Where an operation of text or rich text writes, in the content that it makes; null unless that is one place. */
export function written({ ops }) {
  let offset = 0;
  let found = null;
  for (const { retain, insert, delete: removed } of ops) {
    if (removed !== undefined) return null;
    const length = retain ?? (typeof insert === "string" ? insert.length : 1);
    if (insert !== undefined) {
      if (found && found.to !== offset) return null;
      found = { from: found?.from ?? offset, to: offset + length };
    }
    offset += length;
  }
  return found;
}
