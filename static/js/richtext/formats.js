/** The formats that the editor knows, and a place for the embeds that it doesn't. */

import { Embed, Quill, formats } from "../../vendor/quill.js";
import { shownLink } from "./addresses.js";
import { MAX_DEPTH } from "./attributes.js";
import { registerColors } from "./colors.js";
import { UNKNOWN, labelOf, unknownEmbed } from "./components.js";
import { Picture } from "./picture.js";
import { Script } from "./script.js";

const { ClassAttributor, EmbedBlot, Scope } = Quill.import("parchment");

class SafeLink extends formats.Link {
  static sanitize(url) {
    return shownLink(url);
  }
}

/** Code without marks, as Quill has it. Embeds stay: the lengths are those of the document. */
class CodeBlock extends formats.CodeBlock {
  static allowedChildren = [...formats.CodeBlock.allowedChildren, EmbedBlot];
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

const DEPTHS = Array.from({ length: MAX_DEPTH }, (_, index) => index + 1);

/** How deep an item of a list is, from 1; Quill's own keys ask for one more or less. */
class Indent extends ClassAttributor {
  add(node, value) {
    const step = { "+1": 1, "-1": -1 }[value];
    const depth = step === undefined ? Number(value) : (this.value(node) ?? 0) + step;
    if (depth > 0) return super.add(node, depth);
    this.remove(node);
    return true;
  }

  /** As a class has it, it is text. */
  canAdd(node, value) {
    return super.canAdd(node, Number(value));
  }

  value(node) {
    return Number(super.value(node)) || undefined;
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
  registerColors();
  const { Link, CodeBlock: _, ...others } = formats;
  for (const format of [...Object.values(others), CodeBlock, SafeLink, Picture, Script, UnknownEmbed]) {
    Quill.register(`formats/${format.blotName}`, format, true);
  }
  const indent = new Indent("indent", "ql-indent", { scope: Scope.BLOCK, whitelist: DEPTHS });
  Quill.register("formats/indent", indent, true);
}
