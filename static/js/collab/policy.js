/** What each error code means for the edit that it answers. */

/** Sending the same frozen edit again may succeed. */
const AGAIN = new Set([
  "internal", "rate_limited", "request_timeout", "server_busy", "shutting_down", "storage_unavailable", "too_slow",
]);
/** Too far behind to be transformed: the same change, made anew on the newest version, may do. */
const ANEW = new Set(["version_gone"]);
/** The server does not know the version: reconnect and see. */
const RECONNECT = new Set(["version_ahead"]);

const ADVICE = {
  invalid_operation: "The server could not apply this change.",
  too_large: "This change is too large for the server.",
  document_full: "The document is full. Delete something, or continue in another document.",
  read_only: "You may read this document, but not edit it. Ask its owner.",
  forbidden: "You may not edit this document any more. Ask its owner.",
  unauthorized: "You are not signed in.",
  no_access: "You have no access to this document. Ask its owner.",
  wrong_doc_type: "This document is of another type. Open it with the editor made for it.",
  not_found: "There is no such document any more.",
  document_deleted: "This document was deleted.",
  storage_unavailable: "The server can't store changes just now. Trying again.",
  not_kept: "There is text that is stored nowhere: copy it before you leave this page.",
  rate_limited: "Too many changes in a short time. Trying again.",
  server_busy: "The server is busy. Trying again.",
  shutting_down: "The server is restarting. Trying again.",
};

/**
 * @param {string} code
 * @returns {"again" | "anew" | "renew" | "reconnect" | "refused"} send the same again · freeze it
 *   anew · take a new client_id · reconnect · stop until something changes
 */
export function policyFor(code) {
  if (AGAIN.has(code)) return "again";
  if (ANEW.has(code)) return "anew";
  if (RECONNECT.has(code)) return "reconnect";
  return code === "out_of_order" ? "renew" : "refused";
}

/** A sentence for the user. */
export const adviceFor = (code, message) => (Object.hasOwn(ADVICE, code) ? ADVICE[code] : message);
