/** Tab and Shift+Tab in a list: its items go deeper and back. Elsewhere they leave the text, for who uses no mouse. */

import { MAX_DEPTH } from "./attributes.js";

/** As Quill's own bindings of these names. */
export const indentingKeys = {
  tab: null,
  "remove tab": null,
  indent: { key: "Tab", shiftKey: false, format: ["list"], handler: step(1) },
  outdent: { key: "Tab", shiftKey: true, format: ["list"], handler: step(-1) },
};

function step(change) {
  return function indent({ index, length }) {
    const items = this.quill.getLines(index, Math.max(1, length)).filter((line) => line.formats().list);
    const depths = items.map((line) => (line.formats().indent ?? 0) + change);
    if (depths.every((depth) => depth < 0 || depth > MAX_DEPTH)) return true;
    items.forEach((line, number) => {
      const depth = depths[number];
      if (depth < 0 || depth > MAX_DEPTH) return;
      this.quill.formatLine(this.quill.getIndex(line), 1, "indent", depth || false, "user");
    });
    return false;
  };
}
