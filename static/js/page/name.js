/** The field with one's own name, as others see it. */

import { cleanName, setUserName, userName } from "../identity.js";

/**
 * @param {import("../collab/document.js").CollabDocument} shared
 * @param {HTMLInputElement} input
 */
export function bindName(shared, input) {
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
