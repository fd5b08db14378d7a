/** Light and dark: the system's preference until somebody chooses. */

import { icon } from "./icons.js";
import { remember } from "./memory.js";

const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);

/** @param {HTMLButtonElement} button */
export function bindThemeToggle(button) {
  const show = () => {
    button.setAttribute("aria-pressed", String(isDark()));
    button.title = isDark() ? "Light colours" : "Dark colours";
    button.replaceChildren(icon(isDark() ? "sun" : "moon"));
  };
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    remember("collab-theme", root.dataset.theme);
    show();
  });
  system.addEventListener("change", show);
  show();
}
