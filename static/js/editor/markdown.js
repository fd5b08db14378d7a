/**
 * Markdown as safe DOM: HTML in the text stays text (the renderer's own setting), and what the
 * renderer makes goes through DOMPurify all the same.
 */

import { DOMPurify, MarkdownIt } from "../../vendor/markdown.js";

const renderer = new MarkdownIt({ html: false, linkify: true, typographer: false, breaks: false });

// Where a block begins in the source, so that the preview can follow the editor.
renderer.core.ruler.push("source_lines", ({ tokens }) => {
  for (const token of tokens) {
    if (token.map && token.nesting >= 0 && token.type !== "inline") token.attrSet("data-line", String(token.map[0]));
  }
});

// A column's alignment as a class: style attributes are not let through.
renderer.core.ruler.push("alignment", ({ tokens }) => {
  for (const token of tokens) {
    const [, side] = /^text-align:(\w+)$/.exec(token.attrGet("style") ?? "") ?? [];
    if (!side) continue;
    token.attrJoin("class", `align-${side}`);
    // Even to parse it would be against the page's policy.
    token.attrs = token.attrs.filter(([name]) => name !== "style");
  }
});

const DIRECTED = new Set(["paragraph", "heading", "bullet_list", "ordered_list", "list_item", "blockquote", "table", "th", "td"]);
const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;

/** By the first letter. */
function directionOf(text) {
  const [letter] = /\p{L}/u.exec(text) ?? [];
  return letter && RIGHT_TO_LEFT.test(letter) ? "rtl" : "ltr";
}

// Each block begins on the side that its first letter is written from.
renderer.core.ruler.push("direction", ({ tokens }) => {
  let direction = "ltr";
  for (const token of [...tokens].reverse()) {
    if (token.type === "inline") direction = directionOf(token.content);
    else if (token.nesting === 1 && DIRECTED.has(token.type.slice(0, -"_open".length))) token.attrSet("dir", direction);
  }
});

// - [ ] and - [x]
renderer.core.ruler.push("tasks", ({ tokens, Token }) => {
  tokens.forEach((token, index) => {
    if (token.type !== "inline" || tokens[index - 2]?.type !== "list_item_open") return;
    const text = token.children[0];
    const box = text?.type === "text" && /^\[([ xX])\]\s/.exec(text.content);
    if (!box) return;
    text.content = text.content.slice(box[0].length);
    tokens[index - 2].attrJoin("class", "task");
    const input = new Token("task_box", "input", 0);
    input.attrs = [["type", "checkbox"], ["disabled", ""], ["aria-label", "task"]];
    if (box[1] !== " ") input.attrPush(["checked", ""]);
    token.children.unshift(input);
  });
});

const SANITISE = {
  RETURN_DOM_FRAGMENT: true,
  ALLOWED_TAGS: [
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "input",
    "li", "ol", "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
  ],
  ALLOWED_ATTR: ["href", "src", "alt", "title", "class", "start", "type", "checked", "disabled", "data-line", "aria-label", "dir"],
  // Not addresses: the expression below is not for them.
  ADD_URI_SAFE_ATTR: ["type", "start", "checked", "disabled", "aria-label", "dir"],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:|#|\/(?!\/)|\.{0,2}\/|data:image\/(?:png|jpe?g|gif|webp|avif);)/i,
};

/** @returns {DocumentFragment} */
export function renderMarkdown(text) {
  const fragment = DOMPurify.sanitize(renderer.render(text), SANITISE);
  for (const link of fragment.querySelectorAll("a[href]")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
  for (const image of fragment.querySelectorAll("img")) {
    image.loading = "lazy";
    image.referrerPolicy = "no-referrer";
  }
  return fragment;
}
