/** The formats that the editor knows, and a place for the embeds that it doesn't. */

import { Embed, Quill, formats } from "../../vendor/quill.js";
import { shownImage, shownLink } from "./addresses.js";
import { UNKNOWN } from "./components.js";

const LABEL_MAXIMUM = 40;

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
  static className = "unknown-embed";

  static create(value) {
    const node = super.create();
    node.dataset.value = JSON.stringify(value);
    node.textContent = Object.keys(value)[0]?.slice(0, LABEL_MAXIMUM) || "embed";
    return node;
  }

  static value(node) {
    return parsed(node.dataset.value);
  }
}

/** Pasted HTML may have such elements of its own making. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function registerFormats() {
  const { Link, Image, CodeBlock: _, ...others } = formats;
  for (const format of [...Object.values(others), CodeBlock, SafeLink, SafeImage, UnknownEmbed]) {
    Quill.register(`formats/${format.blotName}`, format, true);
  }
}
