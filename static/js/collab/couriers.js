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
export function dispatchCouriers(options, open) {
  const { storage, clock = systemClock, url, docId, userId } = options;
  const scope = scopeOf(url, docId, userId);
  const couriers = new Map();
  let timer;

  const dispatch = (clientId) => {
    const courier = open({ ...options, clientId });
    couriers.set(clientId, courier);
    const end = () => {
      courier.close();
      couriers.delete(clientId);
    };
    courier.on("status", ({ state }) => state === "saved" && end());
    courier.ready.then((ready) => ready || end());
  };

  const look = () => {
    for (const clientId of unfinished(storage, scope, clock)) {
      if (!couriers.has(clientId)) dispatch(clientId);
    }
    timer = clock.set(look, LOOK_MILLISECONDS);
  };
  timer = clock.set(look, 1000);

  return () => {
    clock.clear(timer);
    couriers.forEach((courier) => courier.close());
  };
}
