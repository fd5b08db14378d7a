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
  return here.get(key) ?? stored(key);
}

/** What is kept on this device, also when this page goes. */
export function stored(key) {
  try {
    return deviceStorage()?.getItem(key) ?? null;
  } catch {
    return null;
  }
}

/** How long another tab may need to see what was written. */
const SETTLE_MILLISECONDS = 100;

/**
 * Make what all tabs of this browser share, where there is none yet: tabs that begin at the same moment
 * end with the same value.
 * @param {() => string} make
 * @returns {Promise<string>}
 */
export async function recallOrMake(key, make) {
  const { locks } = globalThis.navigator ?? {};
  if (locks) return locks.request(key, () => recall(key) ?? kept(key, make()));
  const known = recall(key);
  if (known !== null) return known;
  const made = kept(key, make());
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MILLISECONDS));
  // The later writer has it.
  const settled = stored(key) ?? made;
  here.set(key, settled);
  return settled;
}

function kept(key, value) {
  remember(key, value);
  return value;
}

export function remember(key, value) {
  here.set(key, value);
  try {
    deviceStorage()?.setItem(key, value);
  } catch {
    // Full: it lasts as long as the page.
  }
}
