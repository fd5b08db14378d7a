/** Pictures in the text. Those from elsewhere are buttons that show them. */

import { Embed } from "../../vendor/quill.js";
import { pictureOf } from "../page/pictures.js";
import { shownImage } from "./addresses.js";

const OWN = ["alt", "width", "height"];

export class Picture extends Embed {
  static blotName = "image";
  static tagName = "SPAN";
  static className = "picture";

  static create(value) {
    const node = super.create();
    node.dataset.address = shownImage(value);
    return node;
  }

  static value(node) {
    return node.dataset.address;
  }

  static formats(node) {
    return Object.fromEntries(OWN.filter((name) => node.dataset[name]).map((name) => [name, node.dataset[name]]));
  }

  constructor(scroll, node) {
    super(scroll, node);
    // Keys are for the button while it has the focus, not for the text.
    this.contentNode.addEventListener("keydown", (event) => event.key === "Tab" || event.stopPropagation());
    this.#show();
  }

  format(name, value) {
    if (!OWN.includes(name)) return super.format(name, value);
    if (value) this.domNode.dataset[name] = value;
    else delete this.domNode.dataset[name];
    this.#show();
  }

  #show() {
    const { address, ...options } = this.domNode.dataset;
    this.contentNode.replaceChildren(pictureOf(address, options));
  }
}
