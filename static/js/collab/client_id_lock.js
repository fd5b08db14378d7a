/**
 * A `client_id` names one editor: of several tabs only one may use it. Web Locks settle that where
 * there are any (they end with the tab, also when it crashes); elsewhere (plain http, other
 * runtimes) a lease in the storage does.
 *
 * @typedef {object} ClientIdLocks
 * @property {(name: string, options?: {isNew?: boolean}) => Promise<(() => void) | null>} acquire the
 *   function that gives it back, null if somebody else holds it; `isNew`: no other tab can know the name
 */

import { leaseLocks } from "./lease.js";

export { leaseLocks };

/** @returns {ClientIdLocks} */
export function clientIdLocksFor(storage, options = {}) {
  const { locks = globalThis.navigator?.locks, localStorage } = globalWith(options);
  return locks && storage === localStorage ? webLocks(locks) : leaseLocks(storage, options);
}

function globalWith(options) {
  let localStorage;
  try {
    localStorage = globalThis.localStorage;
  } catch {
    // Blocked by the browser's settings.
  }
  return { localStorage, ...options };
}

/** @returns {ClientIdLocks} */
export function webLocks(locks) {
  const acquire = (name) =>
    new Promise((resolve, reject) => {
      locks
        .request(name, { ifAvailable: true }, (lock) => {
          if (!lock) return resolve(null);
          return new Promise((release) => resolve(release));
        })
        .catch(reject);
    });
  return { acquire };
}
