/**
 * What is copied out of the editor, as HTML. It is built of elements and texts, never of strings put
 * together: Quill's own export (GHSA-v3m3-f69x-jf25) takes markup out of documents.
 */

import { NO_IMAGE, NO_LINK, shownImage, shownLink } from "./addresses.js";
import { shownBlock } from "./blocks.js";
import { UNKNOWN, labelOf } from "./components.js";

/** From the outside to the inside. */
const MARKS = [["bold", "strong"], ["italic", "em"], ["underline", "u"], ["strike", "s"], ["code", "code"]];

/**
 * @param {object[]} ops of the whole text, as the editor shows it
 * @param {number} index
 * @param {number} length of the part that is copied: within a line, that is text without a block around it
 * @returns {string} safe to be put into a page, whatever the text holds
 */
export function htmlOf(ops, index, length) {
  if (length <= 0) return "";
  // Elements without a namespace, in a document of their own: nothing is loaded, nothing runs.
  const inert = document.implementation.createDocument(null, "body");
  const { documentElement: body } = inert;
  const lines = linesOf(ops, index, index + length);
  if (lines.length === 1 && !lines[0].isWhole) body.append(...inlineOf(inert, lines[0].parts));
  else for (const line of lines) body.append(...[blockOf(inert, body.lastElementChild, line)].filter(Boolean));
  const serializer = new XMLSerializer();
  return [...body.childNodes].map((node) => serializer.serializeToString(node)).join("");
}

/** The lines in a range, each with what of it lies there: {parts, attributes, isWhole}. */
function linesOf(ops, from, to) {
  const lines = [];
  let parts = [];
  let start = 0; // of the line
  let offset = 0;
  const endLine = (attributes) => {
    if (start < to && offset > from) lines.push({ parts, attributes, isWhole: start >= from && offset <= to });
    parts = [];
    start = offset;
  };
  for (const { insert, attributes = {} } of ops) {
    if (typeof insert !== "string") {
      if (offset >= from && offset < to) parts.push({ insert, attributes });
      offset += 1;
      continue;
    }
    insert.split("\n").forEach((text, number) => {
      if (number > 0) offset += 1, endLine(attributes);
      const inside = text.slice(Math.max(0, from - offset), Math.max(0, to - offset));
      if (inside !== "") parts.push({ insert: inside, attributes });
      offset += text.length;
    });
  }
  return lines;
}

/** The block of a line; null where it was added to the one before. */
function blockOf(inert, before, { parts, attributes }) {
  const kind = shownBlock(attributes);
  if (kind === "code-block") return codeOf(inert, before, parts);
  if (kind === "list") return itemOf(inert, before, parts, attributes);
  const block = inert.createElement(kind === "header" ? `h${Number(attributes.header) || 1}` : kind ?? "p");
  block.append(...inlineOf(inert, parts));
  return block;
}

function codeOf(inert, before, parts) {
  const code = before?.localName === "pre" ? before : inert.createElement("pre");
  // The parser takes one away, at the beginning.
  if (code !== before) code.append("\n");
  code.append(...parts.map(({ insert }) => (typeof insert === "string" ? insert : embedOf(inert, insert, {}))), "\n");
  return code === before ? null : code;
}

const isList = (element) => element?.localName === "ul" || element?.localName === "ol";

function itemOf(inert, before, parts, { list: kind, indent: depth = 0 }) {
  const name = kind === "ordered" ? "ol" : "ul";
  const item = inert.createElement("li");
  if (kind === "checked" || kind === "unchecked") item.setAttribute("data-list", kind);
  item.append(...inlineOf(inert, parts));
  const isBelow = before?.localName === name || (depth > 0 && isList(before));
  const top = isBelow ? before : inert.createElement(name);
  listAt(inert, top, depth, name).append(item);
  return top === before ? null : top;
}

/** The list so deep in another one; less deep where there is no item that it could be part of. */
function listAt(inert, top, depth, name) {
  let list = top;
  for (let level = 1; level <= depth && list.lastElementChild; level += 1) {
    const item = list.lastElementChild;
    let inner = item.lastElementChild;
    if (!isList(inner) || (level === depth && inner.localName !== name)) {
      inner = inert.createElement(name);
      item.append(inner);
    }
    list = inner;
  }
  return list;
}

/** No element is left empty: as XML writes it, HTML would not see its end. */
function inlineOf(inert, parts) {
  const nodes = parts.flatMap(({ insert, attributes }) => {
    const inner = typeof insert === "string" ? kept(insert) : embedOf(inert, insert, attributes);
    return inner === "" ? [] : [linked(inert, marked(inert, inner, attributes), attributes.link)];
  });
  return nodes.length > 0 ? nodes : [inert.createElement("br")];
}

/** With spaces that stay spaces: at the ends, and one after another. */
const kept = (text) => text.replace(/^ | $|(?<= ) /g, "\u00a0");

function marked(inert, inner, attributes) {
  const colored = coloredOf(inert, inner, attributes);
  return MARKS.filter(([name]) => attributes[name]).reduceRight((content, [, tag]) => {
    const element = inert.createElement(tag);
    element.append(content);
    return element;
  }, colored);
}

/** Inside of all others, since a link has a colour of its own. */
function coloredOf(inert, inner, { color, background, script }) {
  let content = inner;
  const styles = [["color", color], ["background-color", background]].filter(([, value]) => value);
  if (styles.length > 0) {
    const span = inert.createElement("span");
    span.setAttribute("style", styles.map((pair) => pair.join(": ")).join("; "));
    span.append(content);
    content = span;
  }
  if (!script) return content;
  const element = inert.createElement(script === "sub" ? "sub" : "sup");
  element.append(content);
  return element;
}

function linked(inert, inner, address) {
  const href = address === undefined ? NO_LINK : shownLink(address);
  if (href === NO_LINK) return inner;
  const link = inert.createElement("a");
  link.setAttribute("href", href);
  link.setAttribute("rel", "noopener noreferrer");
  link.setAttribute("target", "_blank");
  link.append(inner);
  return link;
}

function embedOf(inert, embed, attributes) {
  if (embed.image !== undefined) return pictureOf(inert, embed.image, attributes);
  const unknown = inert.createElement("span");
  unknown.setAttribute("class", UNKNOWN);
  unknown.setAttribute("data-value", JSON.stringify(embed[UNKNOWN]));
  unknown.textContent = labelOf(embed[UNKNOWN]);
  return unknown;
}

function pictureOf(inert, address, attributes) {
  const src = shownImage(address);
  if (src === NO_IMAGE) return "";
  const image = inert.createElement("img");
  image.setAttribute("src", src);
  for (const name of ["alt", "width", "height"]) if (attributes[name]) image.setAttribute(name, attributes[name]);
  return image;
}
