/** The page of a text: put together here, nothing else. */

import { text } from "../collab/ot/text.js";
import { openPage, testid } from "../page/open.js";
import { openEditor } from "./codemirror.js";
import { bindPreview } from "./preview.js";

let preview = null;
openPage({
  type: text,
  onOpen: (shared) => {
    preview = bindPreview(shared, testid("preview"), testid("preview-toggle"));
  },
  onReady: (shared) => {
    const view = openEditor(shared, testid("editor"), preview);
    if (matchMedia("(pointer: fine)").matches) view.focus();
  },
});
