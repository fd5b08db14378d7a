/** Who is signed in, and the ways in and out. */

import { rememberSession, signInAddress } from "../session.js";

/**
 * @param {ReturnType<import("../api.js").documentsApi>} api
 * @param {{name: HTMLElement, signOut: HTMLButtonElement, signIn: HTMLElement}} elements
 * @param {URL} base of the application
 * @returns {Promise<import("../session.js").Session | null>} null: the server can't be reached
 */
export async function bindAccount(api, { name, signOut, signIn }, base) {
  signOut.addEventListener("click", async () => {
    signOut.disabled = true;
    await api.signOut().catch(() => {});
    location.reload();
  });
  const session = await api.session().catch(() => null);
  if (!session) return null;
  rememberSession(session, base);
  if (session.mode === "open") return session;
  name.textContent = session.user?.name ?? "";
  signOut.hidden = !session.can_sign_out;
  const address = signInAddress(session, base, location);
  signIn.hidden = session.user !== null;
  const link = signIn.querySelector("a");
  if (address) link.href = address.href;
  else link.remove();
  return session;
}
