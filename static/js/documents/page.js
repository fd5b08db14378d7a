/** The list of documents: newest first, search, create. */

import { documentsApi } from "../api.js";
import { keysOf } from "../collab/records.js";
import { deviceStorage } from "../memory.js";
import { cleanText } from "../text.js";
import { bindThemeToggle } from "../theme.js";
import { bindAccount } from "./account.js";
import { DocumentList } from "./list.js";

document.documentElement.dataset.started = ""; // for start.js

const MAX_SEARCH = 500;
const SEARCH_MILLISECONDS = 200;
const LOAD_MILLISECONDS = 1000;
const LOAD_AGAIN_MILLISECONDS = 20_000;
const WORK = /^collab(-title|-rescued)?:/;
const find = (selector) => document.querySelector(selector);
const base = new URL("./", location.href);
const api = documentsApi(base);
const list = new DocumentList({ list: find("#documents"), empty: find("#empty"), more: find("#more"), found: find("#found") }, api);
const notice = find("#notice");

function complain(error) {
  // What to do about it is said above the list.
  if (error.status === 401) return void (notice.hidden = true);
  notice.textContent = error.code ? error.message : "The server can't be reached. Is it running?";
  notice.hidden = false;
}

async function show(search) {
  try {
    await list.show(search);
    notice.hidden = true;
  } catch (error) {
    complain(error);
  }
}

async function create(event) {
  event.preventDefault();
  const button = event.target.querySelector("button");
  button.disabled = true;
  try {
    const kind = new FormData(event.target).get("kind");
    const made = await api.create(cleanText(find("#new-title").value, 200), kind);
    location.assign(new URL(`documents/${encodeURIComponent(made.doc_id)}`, location.href));
  } catch (error) {
    complain(error);
    button.disabled = false;
  }
}

let timer;
find("#search").addEventListener("input", ({ target }) => {
  clearTimeout(timer);
  timer = setTimeout(() => show(cleanText(target.value, MAX_SEARCH)), SEARCH_MILLISECONDS);
});
find("#create-form").addEventListener("submit", create);
find("#more").addEventListener("click", () => list.more().catch(complain));
// Coming back by the browser's back button: what was edited is newest now.
addEventListener("pageshow", ({ persisted }) => {
  find("#create-form button").disabled = false;
  if (persisted) show(cleanText(find("#search").value, MAX_SEARCH));
});
const account = bindAccount(api, { name: find("#account"), signOut: find("#sign-out"), signIn: find("#sign-in") }, base);
bindThemeToggle(find("[data-testid=theme-toggle]"));
const shown = show(cleanText(find("#search").value, MAX_SEARCH));
// The list has the titles.
Promise.all([account, shown]).then(([session]) => showUnsent(session));

/**
 * Most devices keep nothing that is unsent: what shows it does not hold up the list. It is loaded in any case, since
 * it is needed when the server can't be reached.
 */
function showUnsent(session) {
  const storage = deviceStorage();
  if (!storage) return;
  let timer;
  const load = async () => {
    clearTimeout(timer);
    removeEventListener("storage", load);
    try {
      const { bindUnsent } = await import("./unsent.js");
      bindUnsent(session, api, find("#unsent"), base);
    } catch {
      timer = setTimeout(load, LOAD_AGAIN_MILLISECONDS);
      addEventListener("storage", load);
    }
  };
  addEventListener("storage", load);
  if (keysOf(storage, "collab").some((key) => WORK.test(key))) load();
  else timer = setTimeout(load, LOAD_MILLISECONDS);
}
