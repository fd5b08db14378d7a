/**
 * Pasted HTML as the content of a rich text. Word processors and sites write the same thing in many ways; what comes of
 * it is only what the editor shows, whatever the HTML holds.
 */

import { isSafeImage, isSafeLink } from "../addresses.js";
import { shownAttributes } from "../attributes.js";
import { UNKNOWN, unknownEmbed } from "../components.js";
import { Dropped } from "./dropped.js";
import { Lines } from "./lines.js";
import { isMarker, itemOf, wordItemOf } from "./lists.js";
import { attributeOf, parsed, textOf } from "./source.js";
import { StyleSheet, isHidden, isMonospace, marksOf, preserves, strongColor } from "./styles.js";

const names = (text) => new Set(text.split(" "));
const BLOCKS = names(
  "address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure footer form h1 h2 h3 " +
    "h4 h5 h6 header hgroup legend li main menu nav ol p pre section summary table tbody td tfoot th thead tr ul",
);
const SKIPPED = names(
  "base button colgroup datalist head input link meta noscript rp rt script select style svg template textarea title w:data",
);
const MEDIA = names("applet audio canvas embed iframe object video");
const ON = true;
const MARKS = {
  b: { bold: ON }, strong: { bold: ON }, th: { bold: ON },
  i: { italic: ON }, em: { italic: ON }, cite: { italic: ON }, dfn: { italic: ON }, var: { italic: ON },
  u: { underline: ON }, ins: { underline: ON },
  s: { strike: ON }, strike: { strike: ON }, del: { strike: ON },
  code: { code: ON }, kbd: { code: ON }, samp: { code: ON }, tt: { code: ON },
  sub: { script: "sub" }, sup: { script: "super" },
  mark: { background: "#ffff00" },
};
const HEADING = /^h([1-6])$/;
/** Styles of paragraphs of Word. */
const WORD_LINES = new Map([
  ["msotitle", { header: 1 }],
  ["msosubtitle", { header: 2 }],
  ["msoquote", { blockquote: true }],
  ["msointensequote", { blockquote: true }],
]);
const EMOJI = /^\p{Extended_Pictographic}[\p{Extended_Pictographic}\p{Emoji_Modifier}\u200d\ufe0f]{0,12}$|^\p{Regional_Indicator}{2}$/u;
const MAX_TRACKING = 2;

/**
 * @param {string} html
 * @returns {{ops: object[], dropped: Dropped}} ops of a content; what was not taken over
 */
export function read(html) {
  const { body, rules } = parsed(html);
  const reader = new Reader(new StyleSheet(rules));
  reader.children(body, { marks: {}, line: {}, list: null, isCode: false, isKept: false });
  return { ops: reader.lines.end(), dropped: reader.dropped };
}

class Reader {
  dropped = new Dropped();
  lines = new Lines();

  /** @param {StyleSheet} sheet */
  constructor(sheet) {
    this.sheet = sheet;
  }

  children(element, context) {
    for (const node of element.childNodes) {
      if (node.nodeType === Node.ELEMENT_NODE) this.#element(node, context);
      else if (node.nodeType === Node.TEXT_NODE) this.#text(node, context);
    }
  }

  #text(node, context) {
    const text = textOf(node);
    const isBetween = !context.isCode && text.includes("\n") && text.trim() === "" && BLOCKS.has(node.parentNode.localName);
    this.lines.write(text, isBetween ? { ...context, isKept: false } : context);
  }

  #element(element, context) {
    const { localName: tag } = element;
    if (MEDIA.has(tag)) return this.dropped.add("media");
    if (SKIPPED.has(tag)) return undefined;
    const style = this.sheet.of(element);
    if (isHidden(style) || isMarker(element) || this.#isComment(element, style)) return undefined;
    if (tag === "br") return this.#break(element, context);
    if (tag === "img") return this.#picture(element, context);
    if (tag === "math") return this.lines.write(formulaOf(element), context);
    if (tag === "table" && isGrid(element)) return this.#table(element, context);
    if (tag === "hr") {
      this.lines.close(context.line);
      return this.dropped.add("rule");
    }
    if (element.classList.contains(UNKNOWN)) {
      const value = unknownEmbed(attributeOf(element, "data-value"));
      if (value) return this.lines.embed({ [UNKNOWN]: value }, context.marks);
    }
    if (element.classList.contains("katex-html")) return undefined; // the formula a second time
    if (style.has("mso-tab-count")) return this.lines.write("\t", { ...context, isKept: true });
    // Word's mark of a paragraph's end is a space, too.
    if (element.classList.contains("EOP") && !this.lines.isEmpty) return undefined;
    const inner = this.#inside(element, tag, style, context);
    if (BLOCKS.has(tag) && style.get("display") !== "inline") return this.#block(element, tag, context, inner);
    return this.children(element, inner);
  }

  #break(element, context) {
    if (!element.classList.contains("Apple-interchange-newline")) this.lines.newline(context.line);
  }

  #block(element, tag, context, inner) {
    this.lines.close(context.line);
    const { count } = this.lines;
    this.children(element, inner);
    this.lines.close(inner.line);
    // An item without text is seen, by its bullet.
    if (tag === "li" && this.lines.count === count && !element.querySelector("ul, ol")) this.lines.newline(inner.line);
  }

  /** What holds for what is in an element. */
  #inside(element, tag, style, context) {
    const isBlock = BLOCKS.has(tag);
    const line = isBlock ? lineOf(element, tag, style, context) : context.line;
    const isCode = context.isCode || "code-block" in line;
    return {
      line,
      isCode,
      isKept: isCode || (preserves(style) ?? context.isKept),
      list: tag === "ul" || tag === "ol" || tag === "menu" ? { name: tag, depth: (context.list?.depth ?? 0) + 1 } : context.list,
      marks: isCode ? {} : marksIn(element, tag, style, { ...context, line }, isBlock),
      color: isBlock ? strongColor(style.get("color") ?? "") : context.color,
    };
  }

  #isComment(element, style) {
    const kind = style.get("mso-element");
    if (kind === "comment") this.dropped.add("comment");
    return kind === "comment" || /\bmsocom(?:anchor|off)\b|MsoCommentReference/.test(element.className);
  }

  #picture(element, { marks }) {
    const [address, alt] = [attributeOf(element, "src").trim(), attributeOf(element, "alt")];
    const size = (name) => attributeOf(element, name);
    if (attributeOf(element, "aria-roledescription") === "checkbox" || element.closest("li[role=checkbox]")) return;
    if (EMOJI.test(alt)) return void this.lines.write(alt, { marks, isKept: true });
    const isSeen = [size("width"), size("height")].every((value) => value === "" || Number.parseFloat(value) > MAX_TRACKING);
    if (!isSeen) return;
    if (address === "" || !isSafeImage(address)) return void this.dropped.add("picture");
    const link = marks.link && { link: marks.link };
    const shown = shownAttributes({ alt, width: size("width"), height: size("height") }, true);
    this.lines.embed({ image: address }, { ...link, ...shown });
  }

  /** Each row as a line, with tabs between its cells. */
  #table(table, context) {
    this.dropped.add("table");
    this.lines.close(context.line);
    if (table.caption) this.#element(table.caption, context);
    for (const row of table.rows) {
      this.lines.row(() => {
        [...row.cells].forEach((cell, index) => {
          if (index > 0) this.lines.tab();
          this.children(cell, { ...this.#inside(cell, cell.localName, this.sheet.of(cell), context), line: {}, list: null });
        });
      });
    }
  }
}

/** A table of one column only sets its content apart. */
const isGrid = (table) => [...table.rows].some(({ cells }) => cells.length > 1);

/** The attributes of the newline of the lines in a block. */
function lineOf(element, tag, style, context) {
  if (tag === "li") return itemOf(element, context.list);
  if (tag === "pre" || isCodeOf(element, style)) return { "code-block": true };
  const word = wordItemOf(element, style);
  if (word) return word;
  // In an item, paragraphs and headings are lines of it.
  if ("list" in context.line || "code-block" in context.line) return context.line;
  const [, level] = HEADING.exec(tag) ?? [];
  if (level) return { header: Number(level) };
  if (tag === "blockquote") return { blockquote: true };
  if (attributeOf(element, "role") === "heading") return { header: headingOf(attributeOf(element, "aria-level")) };
  const named = [...element.classList].map((name) => WORD_LINES.get(name.toLowerCase())).find(Boolean);
  return named ?? context.line;
}

const headingOf = (level) => Math.min(6, Math.max(1, Number(level) || 2));

/** As editors of code copy: a block of lines that stay as they are. */
function isCodeOf(element, style) {
  if (element.classList.contains("ql-code-block-container")) return true;
  return element.localName === "div" && /^pre/.test(style.get("white-space") ?? "") && isMonospace(style);
}

function marksIn(element, tag, style, { marks, line, color }, isBlock) {
  const said = marksOf(style);
  if (isBlock) {
    // Of a whole block it is its look.
    delete said.background;
    if ("header" in line || tag === "th") for (const name of ["bold", "color", "code"]) delete said[name];
  }
  // A heading's own colour is its look, too.
  if ("header" in line && said.color === color) delete said.color;
  // What is done looks done anyway.
  if (line.list === "checked") delete said.strike;
  const inner = { ...marks, ...MARKS[tag], ...said };
  if (tag === "font") inner.color = strongColor(attributeOf(element, "color")) ?? inner.color;
  if (tag === "a") inner.link = linkOf(attributeOf(element, "href")) ?? inner.link;
  if (inner.link) {
    if (said.underline) delete inner.underline;
    delete inner.color;
  }
  return Object.fromEntries(Object.entries(inner).filter(([, value]) => value !== null && value !== undefined));
}

/** An address that leads somewhere from here, too. */
function linkOf(address) {
  const link = address.trim();
  return link !== "" && !link.startsWith("#") && link !== "about:blank" && isSafeLink(link) ? link : null;
}

const formulaOf = (element) => (element.querySelector("annotation") ?? element).textContent.trim();
