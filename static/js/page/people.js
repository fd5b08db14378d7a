/** Who is here: initials in everyone's colour, oneself first. */

import { colorOf } from "./color.js";

const MAX_SHOWN = 6;

/**
 * @param {import("../collab/document.js").CollabDocument} shared
 * @param {HTMLUListElement} list
 */
export function bindPeople(shared, list) {
  let last = "";
  const show = () => {
    const { user } = shared;
    const own = user ? [{ clientId: shared.clientId, name: user.name, color: user.color, isOwn: true }] : [];
    const everyone = [...own, ...shared.users];
    list.classList.toggle("is-away", !shared.status.connected);
    // A status comes with each key.
    const named = JSON.stringify(everyone.map(({ clientId, name, color }) => [clientId, name, color]));
    if (named === last) return;
    last = named;
    const shown = everyone.slice(0, MAX_SHOWN);
    list.replaceChildren(...shown.map(person));
    if (everyone.length > shown.length) list.append(rest(everyone.slice(shown.length)));
    list.dataset.count = String(everyone.length);
  };
  shared.on("users", show);
  shared.on("status", show);
  show();
}

function person({ clientId, name, color, isOwn }) {
  const item = document.createElement("li");
  item.className = "user";
  item.dataset.testid = "user";
  item.dataset.clientId = clientId;
  item.style.setProperty("--person", colorOf(color));
  const label = isOwn ? `${name} (you)` : name;
  item.title = label;
  item.setAttribute("aria-label", label);
  item.textContent = initials(name);
  return item;
}

function rest(others) {
  const item = document.createElement("li");
  item.className = "user more-users";
  item.title = others.map(({ name }) => name).join("\n");
  item.textContent = `+${others.length}`;
  return item;
}

const characters = new Intl.Segmenter();

/** "Ada Lovelace" → "AL"; whole characters, not code units. */
export function initials(name) {
  const words = name.trim().split(/\s+/u);
  const first = (word) => characters.segment(word)[Symbol.iterator]().next().value?.segment ?? "";
  const letters = words.length > 1 ? first(words[0]) + first(words.at(-1)) : first(words[0]);
  return letters.toLocaleUpperCase() || "?";
}
