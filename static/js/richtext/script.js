/** Raised and lowered letters, such as in H₂O. */

import { Quill } from "../../vendor/quill.js";

const Inline = Quill.import("blots/inline");
const TAGS = { super: "SUP", sub: "SUB" };

export class Script extends Inline {
  static blotName = "script";
  static tagName = Object.values(TAGS);

  static create(value) {
    return document.createElement(TAGS[value] ?? TAGS.super);
  }

  static formats(node) {
    return node.tagName === TAGS.sub ? "sub" : "super";
  }
}
