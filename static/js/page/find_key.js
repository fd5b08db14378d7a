/** Ctrl+F, wherever on the page: the browser's own search does not see all that an editor holds. */

/** @param {() => boolean} open opens the page's search; false: the browser's is the better one now */
export function onFindKey(open) {
  addEventListener("keydown", (event) => {
    const isFind = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "f";
    if (isFind && !event.defaultPrevented && open()) event.preventDefault();
  });
}
