/** What the page of every document has: the connection, the bar, the banner. */

import { documentsApi } from "../api.js";
import { connect } from "../collab/connect.js";
import { scopeOf } from "../collab/journal.js";
import { registerType } from "../collab/ot/registry.js";
import { userId, userName } from "../identity.js";
import { deviceStorage } from "../memory.js";
import { isSignedInAs, lastSignedIn, rememberSignedIn } from "../session.js";
import { bindThemeToggle } from "../theme.js";
import { bindAccess, isLeaving } from "./access.js";
import { bindBanner } from "./banner.js";
import { bindName } from "./name.js";
import { bindPeople } from "./people.js";
import { PresenceData } from "./presence_data.js";
import { bindSaveState } from "./save_state.js";
import { bindTitle } from "./title.js";

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
  const session = await api.session().catch(() => null);
  if (session?.user) rememberSignedIn(session.user);
  // Signed out for now, or not to be reached: whose page it was.
  const signedIn = session?.mode === "open" ? null : lastSignedIn();
  const owner = signedIn ?? (await userId());
  const storage = deviceStorage();
  const shared = connect({
    url: base.href,
    docId,
    docType: type.name,
    userId: owner,
    signedInAs: signedIn,
    name: userName(),
    link,
    storage,
  });
  bindThemeToggle(testid("theme-toggle"));
  bindSaveState(shared, testid("save-state"), find("#announcer"));
  bindBanner(shared, testid("banner"), plain);
  bindPeople(shared, testid("users"));
  bindName(shared, testid("name"), session?.user?.name);
  bindAccess(shared, api, base, signedIn);
  onOpen?.(shared);
  shared.ready.then((ready) => {
    if (!ready) return;
    const presence = new PresenceData(shared);
    onReady(shared, presence);
    bindTitle(shared, api, testid("title"), presence, {
      storage,
      scope: scopeOf(base.href, docId, owner),
      isSameUser: () => signedIn === null || isSignedInAs(signedIn),
    });
  });
  addEventListener("beforeunload", (event) => {
    if (shared.status.unsaved > 0 && !isLeaving()) event.preventDefault();
  });
}

/** An address that can't be decoded names no document; the server says so. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
