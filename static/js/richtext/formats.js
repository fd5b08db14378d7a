/**
 * What the editor shows of a rich text: the formats it knows, and a place for the embeds it doesn't, so
 * that every offset is the same here and in the document.
 */

import { Embed, Quill, formats } from "../../vendor/quill.js";
import { shownAttributes } from "./attributes.js";

const SAFE_LINK = /^(?:https?:|mailto:|tel:|[^:]*$|[^:]*[/?#])/i;
const SAFE_IMAGE = /^(?:https?:|[^:]*$|[^:]*[/?#])/i;
/** In the editor, embeds of kinds that it doesn't know. */
const UNKNOWN = "unknown-embed";
const LABEL_MAXIMUM = 40;
const KNOWN_EMBEDS = new Set(["image"]);

/** Whether a link may be followed: nothing that runs in the page. */
export const isSafeLink = (url) => typeof url === "string" && SAFE_LINK.test(url.trim());
export const isSafeImage = (url) => typeof url === "string" && SAFE_IMAGE.test(url.trim());

class SafeLink extends formats.Link {
  static sanitize(url) {
    return isSafeLink(url) ? url.trim() : this.SANITIZED_URL;
  }
}

class SafeImage extends formats.Image {
  static sanitize(url) {
    return isSafeImage(url) ? url.trim() : "//:0";
  }

  static create(value) {
    const node = super.create(value);
    node.setAttribute("alt", "");
    node.setAttribute("loading", "lazy");
    node.setAttribute("referrerpolicy", "no-referrer");
    return node;
  }
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
    return JSON.parse(node.dataset.value);
  }
}

export function registerFormats() {
  const { Link, Image, ...others } = formats;
  for (const format of [...Object.values(others), SafeLink, SafeImage, UnknownEmbed]) {
    Quill.register(`formats/${format.blotName}`, format, true);
  }
}

/** Components as the editor can show them: of the same lengths. */
export const forQuill = (ops) =>
  ops.map(({ attributes, ...component }) => {
    const { insert } = component;
    const shown = shownAttributes(attributes, insert !== undefined);
    if (shown) component.attributes = shown;
    // The editor would make one of two: \r\n is shorter than it was.
    if (typeof insert === "string") component.insert = insert.replaceAll("\r", "\u200b");
    else if (insert !== undefined && !isKnownEmbed(insert)) component.insert = { [UNKNOWN]: insert };
    return component;
  });

function isKnownEmbed(embed) {
  const [[kind, value] = [], ...more] = Object.entries(embed);
  return KNOWN_EMBEDS.has(kind) && typeof value === "string" && more.length === 0;
}

/** What the editor says, as the document holds it. */
export const fromQuill = (ops) =>
  ops.map((component) => {
    const { insert } = component;
    return insert?.[UNKNOWN] ? { ...component, insert: insert[UNKNOWN] } : component;
  });
