/** Small things kept on this device; without a storage they last as long as the page. */

const here = new Map();

/** localStorage, or null where the browser's settings forbid it. */
export function deviceStorage() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

export function recall(key) {
  return here.get(key) ?? deviceStorage()?.getItem(key) ?? null;
}

export function remember(key, value) {
  here.set(key, value);
  try {
    deviceStorage()?.setItem(key, value);
  } catch {
    // Full: it lasts as long as the page.
  }
}
