/** The page of a text: put together here, nothing else. */

import { openPage, testid } from "../page/open.js";
import { openEditor } from "./codemirror.js";
import { bindPreview } from "./preview.js";

let preview = null;
const shared = openPage({
  docType: "text",
  onReady: () => {
    const view = openEditor(shared, testid("editor"), preview);
    if (matchMedia("(pointer: fine)").matches) view.focus();
  },
});
preview = bindPreview(shared, testid("preview"), testid("preview-toggle"));
