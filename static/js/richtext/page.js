/** The page of a rich text: put together here, nothing else. */

import { richtext } from "../collab/ot/richtext.js";
import { FindBar } from "../page/find_bar.js";
import { find, openPage, testid } from "../page/open.js";
import { openEditor } from "./editor.js";
import { Finding } from "./finding.js";

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
    const bar = new FindBar(find("main"), new Finding(quill, find("main")));
    quill.on("text-change", () => bar.changed());
    if (matchMedia("(pointer: fine)").matches) quill.focus();
  },
});
