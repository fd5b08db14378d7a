/**
 * The field with the title: stored by the HTTP API; the others learn of a new one at once, as a word with
 * the cursor (presence).
 */

import { cleanText } from "../text.js";
import { KeptTitle } from "./kept_title.js";
import { TitleSender } from "./title_sender.js";

const MAX_TITLE = 200;
/** For how long a new title is sent along with the cursor. */
const TELL_MILLISECONDS = 15_000;

const clean = (text) => cleanText(text, MAX_TITLE);

/**
 * @param {import("../collab/document.js").CollabDocument} shared
 * @param {{read: Function, rename: Function}} api
 * @param {HTMLInputElement} input
 * @param {import("./presence_data.js").PresenceData} presence
 * @param {object} device
 * @param {Storage | null} device.storage keeps what is not stored yet
 * @param {string} device.scope the document and the user, as `scopeOf` makes it
 * @param {() => boolean} device.isSameUser whether the browser is still signed in as the user of this page
 */
export function bindTitle(shared, api, input, presence, { storage, scope, isSameUser }) {
  const { docId } = shared;
  const heard = new Map(); // clientId → the last title that it told
  let telling = null;

  const kept = new KeptTitle(storage, scope);
  const sender = new TitleSender({
    kept,
    load: async () => (await api.read(docId)).title,
    send: (title) => api.rename(docId, title),
    maySend: () => shared.status.connected && isSameUser(),
    onStored: tell,
    onChange: show,
  });

  function show() {
    const { stored, wanted, part } = sender;
    const title = wanted ?? stored ?? "";
    // What is being typed may have a space at its end, or what the server would refuse.
    if (clean(input.value) !== title) input.value = title;
    input.classList.toggle("unsaved", wanted !== null);
    input.setAttribute("aria-invalid", String(Boolean(part?.error)));
    document.querySelector("#page-heading").textContent = title || "Untitled";
    if (stored !== null || wanted !== null) document.title = `${title || "Untitled"} · collab`;
    shared.setUnsaved("title", part);
  }

  function tell(title) {
    presence.tell("title", title);
    clearTimeout(telling);
    telling = setTimeout(() => presence.tell("title", null), TELL_MILLISECONDS);
  }

  const flush = () => sender.flush();
  input.addEventListener("input", () => sender.enter(clean(input.value)));
  input.addEventListener("change", () => {
    input.value = clean(input.value);
    flush();
  });
  input.addEventListener("keydown", ({ key }) => key === "Enter" && input.blur());
  addEventListener("pagehide", flush);
  kept.onChange((record, former) => sender.otherTab(record, former));
  shared.on("presence", ({ client_id: clientId, data }) => {
    const title = typeof data?.title === "string" ? data.title : null;
    const isNews = title !== null && heard.get(clientId) !== title;
    heard.set(clientId, title);
    if (isNews) sender.heard(clean(title));
  });

  let wasConnected = shared.status.connected;
  shared.on("status", ({ connected }) => {
    input.disabled = !shared.mayEdit;
    // What was renamed while this page was away.
    const isBack = connected && !wasConnected;
    wasConnected = connected;
    if (isBack) sender.refresh();
  });
  input.disabled = !shared.mayEdit;
  return sender.start();
}
