/**
 * Other tabs may have ended with something unsaved. Each such client is brought to its end here, in
 * the background: connected under its own `client_id` until all of it is acknowledged.
 */

import { systemClock } from "./clock.js";
import { scopeOf, unfinished } from "./journal.js";

const LOOK_MILLISECONDS = 20_000;

/**
 * @param {object} options of `connect`
 * @param {(options: object) => import("./document.js").CollabDocument} open
 * @returns {() => void} stop looking
 */
export function recoverOrphans(options, open) {
  const { storage, clock = systemClock, url, docId, userId } = options;
  const scope = scopeOf(url, docId, userId);
  const recoveries = new Map();
  let timer;

  const recover = (clientId) => {
    const recovery = open({ ...options, clientId });
    recoveries.set(clientId, recovery);
    const end = () => {
      recovery.close();
      recoveries.delete(clientId);
    };
    recovery.on("status", ({ state }) => state === "saved" && end());
    recovery.ready.then((ready) => ready || end());
  };

  const look = () => {
    for (const clientId of unfinished(storage, scope, clock)) {
      if (!recoveries.has(clientId)) recover(clientId);
    }
    timer = clock.set(look, LOOK_MILLISECONDS);
  };
  timer = clock.set(look, 1000);

  return () => {
    clock.clear(timer);
    recoveries.forEach((recovery) => recovery.close());
  };
}
