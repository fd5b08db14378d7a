/** Ctrl+F, wherever on the page: the browser's own search sees only the lines that are drawn. */

import { searchKeymap } from "../../vendor/codemirror.js";

const { run: openSearch } = searchKeymap.find(({ key }) => key === "Mod-f");

/** @param {import("../../vendor/codemirror.js").EditorView} view */
export function bindFind(view) {
  addEventListener("keydown", (event) => {
    const isFind = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "f";
    // Where the preview takes the place of the text, the browser finds all that it shows.
    if (!isFind || event.defaultPrevented || view.dom.offsetParent === null) return;
    event.preventDefault();
    openSearch(view);
  });
}
