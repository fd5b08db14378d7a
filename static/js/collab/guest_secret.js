/**
 * What proves to the server that a guest is the same guest as before: a random text that is never
 * shown to others. One device has one, in all of its tabs.
 */

import { newIdentifier } from "./identifier.js";

const KEY = "collab-guest-secret";

/**
 * @param {Storage | null} [storage] without one, the secret lasts as long as the caller keeps it
 * @returns {string} of `A-Z a-z 0-9 _ -`
 */
export function guestSecret(storage) {
  try {
    const kept = storage?.getItem(KEY);
    if (kept) return kept;
    const made = newIdentifier();
    storage?.setItem(KEY, made);
    return storage?.getItem(KEY) ?? made;
  } catch {
    return newIdentifier();
  }
}
