/** A bar above the text while a long change is being shown. */

/**
 * @param {HTMLElement} sheet that the text scrolls in
 * @returns {(part: number | null) => void} shows how much is done, from 0 to 1; null takes the bar away
 */
export function progressAbove(sheet) {
  const bar = document.createElement("progress");
  bar.className = "progress";
  bar.hidden = true;
  bar.dataset.testid = "progress";
  bar.setAttribute("aria-label", "A long text is being shown");
  sheet.before(bar);
  return (part) => {
    bar.hidden = part === null;
    if (part !== null) bar.value = part;
  };
}
