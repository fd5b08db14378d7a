/** Who is signed in, and the way to where one signs in. */

import { deviceStorage, recall, remember, stored } from "./memory.js";

/**
 * @typedef {object} Session
 * @property {"open" | "token" | "host"} mode
 * @property {{user_id: string, name: string} | null} user null for nobody, and where nobody has to
 * @property {"viewer" | "editor" | "owner" | null} role on the document that was asked for
 * @property {string | null} login_url relative to the application
 * @property {boolean} can_sign_out
 */

const KEY = "collab-signed-in";
const TIME_KEY = "collab-signed-in-at";

/** What is unsaved is kept under this name, so that nobody sends what somebody else wrote. */
export function rememberSignedIn({ user_id: userId }) {
  remember(KEY, userId);
  remember(TIME_KEY, String(Date.now()));
}

export const lastSignedIn = () => recall(KEY);

const modeKey = (base) => `collab-mode:${base.pathname}`;

/**
 * For the next page of this application, which then need not ask before it connects.
 * @param {Session} session
 * @param {URL} base of the application
 */
export function rememberSession({ mode, user }, base) {
  remember(modeKey(base), mode);
  if (user) rememberSignedIn(user);
}

/**
 * Whose page this is by what the last one kept on this device.
 * @param {URL} base of the application
 * @returns {{isOpen: boolean, userId: string | null} | null} null: nobody knows without asking
 */
export function lastOwner(base) {
  const mode = stored(modeKey(base));
  if (mode === "open") return { isOpen: true, userId: null };
  const userId = stored(KEY);
  return mode !== null && userId !== null ? { isOpen: false, userId } : null;
}

/** Whether this browser is signed in as `userId`, as far as its pages know: another tab may have changed that. */
export function isSignedInAs(userId) {
  try {
    return (deviceStorage()?.getItem(KEY) ?? userId) === userId;
  } catch {
    return true;
  }
}

/** @param {() => void} listener called when somebody has signed in in another tab */
export function onSignIn(listener) {
  addEventListener("storage", ({ key }) => key === TIME_KEY && listener());
}

/**
 * Where to sign in.
 * @param {Session} session
 * @param {URL} base of the application
 * @param {URL | Location} here where to come back to
 * @returns {URL | null} null: the page doesn't know
 */
export function signInAddress({ login_url: loginUrl }, base, here) {
  if (loginUrl === null) return null;
  const address = new URL(loginUrl, base);
  const isOurs = address.origin === here.origin;
  const back = isOurs ? here.pathname + here.search + here.hash : here.href;
  address.searchParams.set("next", back);
  return address;
}

/**
 * Where to go on after signing in: only ever on this host.
 * @param {string | null} next as the address of the page has it
 * @param {URL} base of the application
 */
export function returnAddress(next, base) {
  let address;
  try {
    address = new URL(next ?? "", base);
  } catch {
    return base;
  }
  return address.origin === base.origin && address.protocol === base.protocol ? address : base;
}
