/** Reading a Storage that other tabs write to as well: what is there now, never what was there before. */

/** @returns {string[]} the names that begin with `prefix` */
export function keysOf(storage, prefix) {
  const keys = [];
  for (let index = 0; index < storage.length; index += 1) {
    const key = storage.key(index);
    if (key?.startsWith(prefix)) keys.push(key);
  }
  return keys;
}

/** @returns {any} null: there is none, it is no JSON, or the storage can't be read */
export function readRecord(storage, key) {
  try {
    return JSON.parse(storage.getItem(key));
  } catch {
    return null;
  }
}
