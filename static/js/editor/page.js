/** The editor page: put together here, nothing else. */

import { documentsApi } from "../api.js";
import { connect } from "../collab/index.js";
import { cleanName, setUserName, userId, userName } from "../identity.js";
import { deviceStorage } from "../memory.js";
import { bindThemeToggle } from "../theme.js";
import { bindBanner } from "./banner.js";
import { openEditor } from "./codemirror.js";
import { bindPeople } from "./people.js";
import { bindPreview } from "./preview.js";
import { bindSaveState } from "./save_state.js";
import { bindTitle } from "./title.js";

const find = (selector) => document.querySelector(selector);
const testid = (name) => find(`[data-testid=${name}]`);

// The page is documents/{doc_id}: the application is one level up, wherever it is mounted.
const base = new URL("../", location.href);
const docId = decodeURIComponent(location.pathname.split("/").pop());
const api = documentsApi(base);
const shared = connect({
  url: base.href,
  docId,
  userId: userId(),
  name: userName(),
  storage: deviceStorage(),
});

bindThemeToggle(testid("theme-toggle"));
bindSaveState(shared, testid("save-state"), find("#announcer"));
bindBanner(shared, testid("banner"));
bindPeople(shared, testid("users"));
bindName(testid("name"));
const preview = bindPreview(shared, testid("preview"), testid("preview-toggle"));

shared.ready.then((ready) => {
  if (!ready) return;
  const view = openEditor(shared, testid("editor"), preview);
  bindTitle(shared, api, testid("title"));
  if (matchMedia("(pointer: fine)").matches) view.focus();
});

addEventListener("beforeunload", (event) => {
  if (shared.status.unsaved > 0) event.preventDefault();
});

/** @param {HTMLInputElement} input */
function bindName(input) {
  input.value = userName();
  input.addEventListener("change", () => {
    const name = cleanName(input.value) || userName();
    input.value = name;
    if (name === userName()) return;
    setUserName(name);
    shared.setName(name);
  });
  input.addEventListener("keydown", ({ key }) => key === "Enter" && input.blur());
}
