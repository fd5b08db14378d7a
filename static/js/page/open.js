/** What the page of every document has: the connection, the bar, the banner. */

import { documentsApi } from "../api.js";
import { connect } from "../collab/index.js";
import { userId, userName } from "../identity.js";
import { deviceStorage } from "../memory.js";
import { bindThemeToggle } from "../theme.js";
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
 * @param {string} options.docType
 * @param {(content: any) => string} [options.plain] content as text that can be copied out
 * @param {(presence: PresenceData) => void} options.onReady called once there is content to show
 * @returns {import("../collab/document.js").CollabDocument}
 */
export function openPage({ docType, plain, onReady }) {
  // The page is documents/{doc_id}: the application is one level up, wherever it is mounted.
  const base = new URL("../", location.href);
  const docId = decodeURIComponent(location.pathname.split("/").pop());
  const shared = connect({
    url: base.href,
    docId,
    docType,
    userId: userId(),
    name: userName(),
    storage: deviceStorage(),
  });
  bindThemeToggle(testid("theme-toggle"));
  bindSaveState(shared, testid("save-state"), find("#announcer"));
  bindBanner(shared, testid("banner"), plain);
  bindPeople(shared, testid("users"));
  bindName(shared, testid("name"));
  shared.ready.then((ready) => {
    if (!ready) return;
    const presence = new PresenceData(shared);
    onReady(presence);
    bindTitle(shared, documentsApi(base), testid("title"), presence);
  });
  addEventListener("beforeunload", (event) => {
    if (shared.status.unsaved > 0) event.preventDefault();
  });
  return shared;
}
