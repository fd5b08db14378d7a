/** Opens a shared document: with its journal, what was set aside, and what other tabs have left. */

import { recoverOrphans } from "./orphan_recovery.js";
import { CollabDocument } from "./document.js";
import { guestSecret } from "./guest_secret.js";
import { scopeOf } from "./journal.js";
import { Rescued } from "./rescued.js";

/**
 * @param {object} options
 * @param {string} options.url of the application, which `/ws/documents/…` is below
 * @param {string} options.docId
 * @param {string} [options.docType] "text" (the default), "richtext", "json" or a registered one
 * @param {string} [options.clientId] names this editor instance; left out, one is made
 * @param {string} [options.userId] who is editing, where the server asks for no token
 * @param {string} [options.name]
 * @param {string} [options.signedInAs] the `user_id` that the server is expected to vouch for: as another user
 *   nothing is sent
 * @param {string | (() => string | Promise<string>)} [options.token] a function is asked again for each
 *   connection, so that a token that has expired is renewed
 * @param {string} [options.link] the link by which the document is shared
 * @param {string} [options.guestSecret] what a guest of a link is known by, 16 to 128 of `A-Z a-z 0-9 . _ ~ -`;
 *   left out, one is made for a guest of a `link` and kept in `storage`
 * @param {typeof WebSocket} [options.WebSocket] the platform's
 * @param {Storage | null} [options.storage] keeps what is unsaved, such as localStorage; left out,
 *   nothing survives the process
 * @param {EventTarget} [options.events] tells `online`, `offline`, `pagehide`: the browser's window
 * @param {import("./clock.js").Clock} [options.clock] for tests
 * @param {() => number} [options.random] for tests
 * @returns {CollabDocument}
 * @throws {TypeError} there is no WebSocket, or `url` or `docId` is none
 */
export function connect(options) {
  const { WebSocket = globalThis.WebSocket, events = globalThis.window } = options;
  const storage = isReadable(options.storage) ? options.storage : null;
  const secret = options.link ? guestSecret(storage) : undefined;
  const scope = scopeOf(options.url, options.docId, options.userId);
  // What orphan recovery can't merge is this page's to show.
  const rescued = new Rescued(storage, scope, { ...options, events });
  const complete = { guestSecret: secret, ...options, storage, WebSocket, events, rescued };
  const shared = new CollabDocument(complete);
  const open = (another) => new CollabDocument(another);
  const stop = storage ? recoverOrphans(complete, open) : () => {};
  const keep = () => shared.keep();
  events?.addEventListener("pagehide", keep);
  shared.on("end", () => {
    stop();
    rescued.close();
    events?.removeEventListener("pagehide", keep);
  });
  return shared;
}

/** A storage that the browser's settings forbid throws at every use. */
function isReadable(storage) {
  try {
    return Boolean(storage) && storage.length >= 0;
  } catch {
    return false;
  }
}
