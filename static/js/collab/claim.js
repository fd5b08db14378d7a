/**
 * A `client_id` names one editor: of several tabs only one may use it. Web Locks settle that where
 * there are any (they end with the tab, also when it crashes); elsewhere (plain http, other
 * runtimes) a lease in the storage does.
 *
 * @typedef {object} Claims
 * @property {(name: string, options?: {isNew?: boolean}) => Promise<(() => void) | null>} claim the
 *   function that gives it back, null if somebody else holds it; `isNew`: no other tab can know the name
 */

import { leaseClaims } from "./lease.js";

export { leaseClaims };

/** @returns {Claims} */
export function claimsFor(storage, options = {}) {
  const { locks = globalThis.navigator?.locks, localStorage } = globalWith(options);
  return locks && storage === localStorage ? lockClaims(locks) : leaseClaims(storage, options);
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

/** @returns {Claims} */
export function lockClaims(locks) {
  const claim = (name) =>
    new Promise((resolve, reject) => {
      locks
        .request(name, { ifAvailable: true }, (lock) => {
          if (!lock) return resolve(null);
          return new Promise((release) => resolve(release));
        })
        .catch(reject);
    });
  return { claim };
}
