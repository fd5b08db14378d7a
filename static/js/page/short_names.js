/** Names of several people where there is little room: "Ann, Ben +10". The style sheet shortens long ones. */

const MAX_NAMED = 2;

/** @param {string[]} names at least one @returns {HTMLElement[]} */
export function shortNames(names) {
  const shown = names.slice(0, MAX_NAMED).map((name) => {
    // What is written from right to left leaves the others where they are.
    const element = document.createElement("bdi");
    element.className = "short-name";
    element.textContent = name;
    return element;
  });
  if (names.length === shown.length) return shown;
  const rest = document.createElement("span");
  rest.textContent = `+${names.length - shown.length}`;
  return [...shown, rest];
}
