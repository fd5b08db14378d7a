/** Says in words how safe the work is. */

import { policyFor } from "../collab/policy.js";

const TEXT_MILLISECONDS = 400;
const ENDED = new Map([
  ["document_deleted", "Deleted"],
  ["not_found", "Not found"],
  ["wrong_doc_type", "Not shown"],
  ["unauthorized", "Not signed in"],
  ["another_user", "Signed in anew"],
  ["no_access", "No access"],
]);

/** @param {import("../collab/save_state.js").Status} status */
export function textOf({ state, delay, error, composing, readOnly }, wasConnected = true) {
  if (ENDED.has(error?.code)) return ENDED.get(error.code);
  if (state === "failed") return policyFor(error?.code) === "again" ? "Not saved, trying again" : "Not saved";
  if (state === "offline") return wasConnected ? "Offline" : "Connecting…";
  if (state === "saving" && composing) return "Typing…";
  if (state === "saving") return delay === "none" ? "Saving…" : "Still saving…";
  return readOnly ? "Read only" : "Saved";
}

/**
 * @param {import("../collab/document.js").CollabDocument} shared
 * @param {HTMLElement} element
 * @param {HTMLElement} announcer a live region: told only of what lasts
 */
export function bindSaveState(shared, element, announcer) {
  const part = (selector) => element.querySelector(selector);
  let timer = null;
  let wasConnected = false;
  let announced = "Saved";

  const write = () => {
    timer = null;
    const { status } = shared;
    const text = textOf(status, wasConnected);
    part(".save-text").textContent = text;
    const worthSaying = status.state === "saved" || status.state === "offline" || status.state === "failed";
    if (wasConnected && worthSaying && text !== announced) announcer.textContent = announced = text;
  };

  const show = (status) => {
    wasConnected ||= status.connected;
    element.dataset.state = status.state;
    element.dataset.delay = status.delay;
    element.toggleAttribute("data-read-only", Boolean(status.readOnly));
    element.title = status.error?.advice ?? "";
    const isWaiting = status.unsaved > 0 && (status.state !== "saving" || status.delay !== "none");
    part(".unsaved").hidden = !isWaiting;
    part("[data-testid=unsaved-count]").textContent = String(status.unsaved);
    part(".unsaved-word").textContent = status.unsaved === 1 ? "unsaved change" : "unsaved changes";
    // Words that change with every key are no calm place to write in.
    if (status.state === "failed" || status.state === "offline") clearTimeout(timer), write();
    else timer ??= setTimeout(write, TEXT_MILLISECONDS);
  };

  shared.on("status", show);
  show(shared.status);
}
