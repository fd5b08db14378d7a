/** The formats that the editor knows, and a place for the embeds that it doesn't. */

import { Embed, Quill, formats } from "../../vendor/quill.js";
import { shownImage, shownLink } from "./addresses.js";
import { UNKNOWN, labelOf, unknownEmbed } from "./components.js";

class SafeLink extends formats.Link {
  static sanitize(url) {
    return shownLink(url);
  }
}

class SafeImage extends formats.Image {
  static sanitize(url) {
    return shownImage(url);
  }

  static create(value) {
    const node = super.create(value);
    node.setAttribute("alt", "");
    node.setAttribute("loading", "lazy");
    node.setAttribute("referrerpolicy", "no-referrer");
    return node;
  }

  static formats(node) {
    const { alt, ...others } = super.formats(node);
    return alt ? { alt, ...others } : others;
  }

  format(name, value) {
    if (name === "alt") this.domNode.setAttribute(name, value || "");
    else super.format(name, value);
  }
}

/** Code without marks, as Quill has it. Embeds stay: the lengths are those of the document. */
class CodeBlock extends formats.CodeBlock {
  static allowedChildren = [...formats.CodeBlock.allowedChildren, Quill.import("parchment").EmbedBlot];
}

class UnknownEmbed extends Embed {
  static blotName = UNKNOWN;
  static tagName = "SPAN";
  static className = UNKNOWN;

  static create(value) {
    const node = super.create();
    node.dataset.value = JSON.stringify(value);
    node.textContent = labelOf(value);
    return node;
  }

  /** Null for an element that pasted HTML has under this name: the text in it is taken as text. */
  static value(node) {
    return unknownEmbed(node.dataset.value);
  }
}

/** Each line, but of code, begins on the side that its first letter is written from. */
function registerDirection() {
  const Block = Quill.import("blots/block");
  const { create } = Block;
  Block.create = function createDirected(value) {
    const node = create.call(this, value);
    if (this.blotName !== CodeBlock.blotName) node.setAttribute("dir", "auto");
    return node;
  };
}

export function registerFormats() {
  registerDirection();
  const { Link, Image, CodeBlock: _, ...others } = formats;
  for (const format of [...Object.values(others), CodeBlock, SafeLink, SafeImage, UnknownEmbed]) {
    Quill.register(`formats/${format.blotName}`, format, true);
  }
}
