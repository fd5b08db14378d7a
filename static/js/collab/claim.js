/**
 * A `client_id` names one editor: of several tabs only one may use it. Web Locks settle that where
 * there are any (they end with the tab, also when it crashes); elsewhere (plain http, other
 * runtimes) a lease in the storage does.
 *
 * @typedef {object} Claims
 * @property {(name: string) => Promise<(() => void) | null>} claim the function that gives it back,
 *   null if somebody else holds it
 */

import { systemClock } from "./clock.js";
import { newIdentifier } from "./identifier.js";

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

// Tabs in the background may be woken only once a minute, and must keep what they hold.
const LEASE_MILLISECONDS = 150_000;
const RENEW_MILLISECONDS = 20_000;

/** @returns {Claims} */
export function leaseClaims(storage, { clock = systemClock, holder = newIdentifier() } = {}) {
  const key = (name) => `${name}:lease`;
  const read = (name) => {
    try {
      return JSON.parse(storage.getItem(key(name)));
    } catch {
      return null;
    }
  };
  const write = (name) => {
    try {
      storage.setItem(key(name), JSON.stringify({ holder, until: clock.now() + LEASE_MILLISECONDS }));
    } catch {
      // Without room for a lease there is none for a journal either: nothing to share.
    }
  };

  const claim = async (name) => {
    const lease = read(name);
    if (lease && lease.until > clock.now()) return null;
    write(name);
    // Two tabs may have seen it free: the later writer has it.
    await Promise.resolve();
    const settled = read(name);
    if (settled && settled.holder !== holder) return null;
    let timer;
    const renew = () => {
      write(name);
      timer = clock.set(renew, RENEW_MILLISECONDS);
    };
    renew();
    return () => {
      clock.clear(timer);
      if (read(name)?.holder === holder) storage.removeItem(key(name));
    };
  };
  return { claim };
}
