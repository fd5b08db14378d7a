/** Signing in with a token, which becomes a cookie that no script can read. */

import { documentsApi } from "../api.js";
import { rememberSignedIn, returnAddress } from "../session.js";
import { bindThemeToggle } from "../theme.js";

document.documentElement.dataset.started = ""; // for start.js

const find = (selector) => document.querySelector(selector);
const base = new URL("./", location.href);
const api = documentsApi(base);
const next = returnAddress(new URLSearchParams(location.search).get("next"), base);
const notice = find("#notice");
const input = find("#token");

async function signIn(event) {
  event.preventDefault();
  const button = event.target.querySelector("button");
  button.disabled = true;
  try {
    const { user } = await api.signIn(input.value.trim());
    rememberSignedIn(user);
    input.value = "";
    location.replace(next);
  } catch (error) {
    notice.textContent = error.code ? error.message : "The server can't be reached. Is it running?";
    notice.hidden = false;
    button.disabled = false;
  }
}

find("#sign-in-form").addEventListener("submit", signIn);
bindThemeToggle(find("[data-testid=theme-toggle]"));
input.focus();
