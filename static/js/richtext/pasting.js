/** What may be put in from elsewhere: formatted text, but no files, and no addresses that run something. */

import { Quill, Uploader } from "../../vendor/quill.js";
import { read } from "./pasting/reader.js";

const REFUSED = "Pictures can't be put into the document: give the address of one instead.";

const Clipboard = Quill.import("modules/clipboard");
const Delta = Quill.import("delta");

class RefusingUploader extends Uploader {
  upload(_range, files) {
    if (files.length > 0) this.options.say(REFUSED);
  }
}

/** Quill's clipboard, with a reader of our own for HTML. */
class ReadingClipboard extends Clipboard {
  convertHTML(html) {
    const { ops, dropped } = read(html);
    const message = String(dropped);
    if (message !== "") this.options.say(message);
    return new Delta(ops);
  }
}

/** Both modules have an option `say`, a function that tells the user something. */
export function registerPasting() {
  Quill.register("modules/uploader", RefusingUploader, true);
  Quill.register("modules/clipboard", ReadingClipboard, true);
}
