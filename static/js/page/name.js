/** The field with one's own name, as others see it. */

import { cleanName, setUserName, userName } from "../identity.js";

/**
 * @param {import("../collab/document.js").CollabDocument} shared
 * @param {HTMLInputElement} input
 * @param {string | null} given by whoever vouches for the user: then it is not for them to choose
 */
export function bindName(shared, input, given = null) {
  if (given !== null) {
    input.value = given;
    input.readOnly = true;
    return;
  }
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
