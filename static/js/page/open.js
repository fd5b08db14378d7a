/** What the page of every document has: the connection, the bar, the banner. */

import { documentsApi } from "../api.js";
import { connect } from "../collab/connect.js";
import { scopeOf } from "../collab/journal.js";
import { registerType } from "../collab/ot/registry.js";
import { userId, userName } from "../identity.js";
import { deviceStorage } from "../memory.js";
import { isSignedInAs, lastOwner, lastSignedIn, rememberSession } from "../session.js";
import { bindThemeToggle } from "../theme.js";
import { bindAccess, isLeaving, openAnew } from "./access.js";
import { bindBanner } from "./banner.js";
import { announceComings } from "./comings.js";
import { bindName } from "./name.js";
import { bindPeople } from "./people.js";
import { PresenceData } from "./presence_data.js";
import { bindSaveState } from "./save_state.js";
import { bindTitle } from "./title.js";

document.documentElement.dataset.started = ""; // for start.js

export const find = (selector) => document.querySelector(selector);
export const testid = (name) => find(`[data-testid=${name}]`);

/**
 * Connect to the document that the address names, and bring the page's frame to life.
 * @param {object} options
 * @param {object} options.type of the document, such as `text` of `../collab/ot/text.js`
 * @param {(content: any) => string} [options.plain] content as text that can be copied out
 * @param {(shared: import("../collab/document.js").CollabDocument) => void} [options.onOpen]
 * @param {(shared: import("../collab/document.js").CollabDocument, presence: PresenceData) => void} options.onReady
 *   called once there is content to show
 */
export async function openPage({ type, plain, onOpen, onReady }) {
  registerType(type);
  // The page is documents/{doc_id}: the application is one level up, wherever it is mounted.
  const base = new URL("../", location.href);
  const docId = decoded(location.pathname.split("/").pop());
  const link = new URLSearchParams(location.search).get("link");
  const api = documentsApi(base, link);
  const asked = api.session().catch(() => null);
  // Who was here before connects at once, as the same user: whether it is still theirs is seen meanwhile.
  const last = lastOwner(base);
  const { isOpen, userId: signedIn } = last ?? ownerBy(await asked, base);
  const isTheirs = last === null || asked.then((session) => !session || isSame(ownerBy(session, base), last));
  const owner = signedIn ?? (await userId());
  const storage = deviceStorage();
  const shared = connect({
    url: base.href,
    docId,
    docType: type.name,
    userId: owner,
    signedInAs: isOpen ? owner : signedIn,
    name: userName(),
    link,
    storage,
  });
  bindThemeToggle(testid("theme-toggle"));
  bindSkipLink();
  bindSaveState(shared, testid("save-state"), find("#announcer"));
  bindBanner(shared, testid("banner"), plain);
  bindPeople(shared, testid("users"));
  announceComings(shared, find("#announcer"));
  const named = (session) => bindName(shared, testid("name"), session?.user?.name);
  if (isOpen) named(null);
  else asked.then(named);
  bindAccess(shared, api, base, signedIn);
  onOpen?.(shared);
  // There is nothing to wait for any more.
  shared.on("closed", () => find("main [aria-busy=true]")?.setAttribute("aria-busy", "false"));
  shared.ready.then(async (ready) => {
    if (!ready) return;
    const presence = new PresenceData(shared);
    onReady(shared, presence);
    if (!(await isTheirs)) return;
    bindTitle(shared, api, testid("title"), presence, {
      storage,
      scope: scopeOf(base.href, docId, owner),
      isSameUser: () => signedIn === null || isSignedInAs(signedIn),
    });
  });
  addEventListener("beforeunload", (event) => {
    if (shared.status.unsaved > 0 && !isLeaving()) event.preventDefault();
  });
  // If the device still has the owner of before, so would the next page.
  if (!(await isTheirs) && !isSame(lastOwner(base), last)) openAnew(shared);
}

/** The way past the bar and the buttons, for those who use the keyboard: to what is written or read. */
function bindSkipLink() {
  find("body > .skip-link").addEventListener("click", (event) => {
    event.preventDefault();
    const main = find("main");
    (main.querySelector(".ql-editor, .cm-content, .item-text, #new-item") ?? main).focus();
  });
}

/** Whose page it is. Signed out for now, or not to be reached: whose it was. */
function ownerBy(session, base) {
  if (session) rememberSession(session, base);
  const isOpen = session?.mode === "open";
  return { isOpen, userId: isOpen ? null : lastSignedIn() };
}

const isSame = (one, other) => one?.isOpen === other?.isOpen && one?.userId === other?.userId;

/** An address that can't be decoded names no document; the server says so. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
