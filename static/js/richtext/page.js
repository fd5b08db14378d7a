/** The page of a rich text: put together here, nothing else. */

import { richtext } from "../collab/ot/richtext.js";
import { find, openPage, testid } from "../page/open.js";
import { openEditor } from "./editor.js";

const plain = ({ ops }) => ops.map(({ insert }) => (typeof insert === "string" ? insert : "")).join("");

openPage({
  type: richtext,
  plain,
  onReady: (shared) => {
    const quill = openEditor(shared, testid("editor"), {
      toolbar: find("#toolbar"),
      addressForm: find("#address-form"),
      message: find("#message"),
    });
    if (matchMedia("(pointer: fine)").matches) quill.focus();
  },
});
