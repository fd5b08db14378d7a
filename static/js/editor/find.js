/** The search of a text: CodeMirror's, which sees the lines that are not drawn, too. */

import { searchKeymap } from "../../vendor/codemirror.js";
import { onFindKey } from "../page/find_key.js";

const { run: openSearch } = searchKeymap.find(({ key }) => key === "Mod-f");

/** @param {import("../../vendor/codemirror.js").EditorView} view */
export function bindFind(view) {
  onFindKey(() => {
    // Where the preview takes the place of the text, the browser finds all that it shows.
    if (view.dom.offsetParent === null) return false;
    openSearch(view);
    return true;
  });
}
