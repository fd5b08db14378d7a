/**
 * Says why the server lets nobody in: a browser tells a page nothing of a refused handshake, so it is
 * asked for by HTTP. What is unsaved stays here meanwhile, and goes out when there is a connection.
 */

import { onSignIn, signInAddress } from "../session.js";

let leaving = false;

/** Whether the page is left to sign in: what is unsaved is kept, nobody has to be asked. */
export const isLeaving = () => leaving;

/**
 * @param {import("../collab/document.js").CollabDocument} shared
 * @param {{session: (docId: string) => Promise<import("../session.js").Session>}} api
 * @param {URL} base of the application
 * @param {string | null} userId whose changes this page holds, where somebody is signed in
 */
export function bindAccess(shared, api, base, userId) {
  let asking = false;

  async function ask() {
    if (asking) return;
    asking = true;
    try {
      const denial = denialOf(await api.session(shared.docId), userId);
      if (denial) shared.deny(denial);
    } catch (error) {
      // Else the server can't be reached in this way either: it is offline.
      if (error.code === "invalid_request") shared.deny({ code: "not_found", message: error.message });
    } finally {
      asking = false;
    }
  }

  function denialOf(session) {
    const { mode, user, role } = session;
    if (mode === "open") return null;
    if (user && userId && user.user_id !== userId) return { code: "another_user", message: `You are signed in as ${user.name} now.` };
    if (role) return null;
    const signIn = signInAddress(session, base, location)?.href ?? null;
    return { code: user ? "no_access" : "unauthorized", message: "", signIn };
  }

  // The attempt that is under way may have been made as the user of before.
  let hasSignedIn = false;
  onSignIn(() => {
    hasSignedIn = true;
    shared.connectNow();
  });
  shared.on("disconnected", ({ wasJoined }) => {
    if (wasJoined) return;
    if (hasSignedIn) shared.connectNow();
    hasSignedIn = false;
    ask();
  });
  addEventListener("pageshow", () => (leaving = false));
}

/**
 * The page belongs to somebody else than it was opened for: open it for them. What is unsaved stays on this
 * device for whom it was; if it can't, so does the page.
 */
export function openAnew(shared) {
  shared.keep();
  const { unsaved, localCopy } = shared.status;
  if (unsaved > 0 && !localCopy) return;
  leaving = true;
  location.reload();
}

/** Go and sign in; if nothing could be kept on this device, in another tab. */
export function goToSignIn(shared, address) {
  const { unsaved, localCopy } = shared.status;
  if (unsaved > 0 && !localCopy) return void open(address, "_blank", "noopener");
  shared.keep();
  leaving = true;
  location.assign(address);
}
