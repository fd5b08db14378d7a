/** Markdown as HTML, a block at a time. HTML in the text stays text (the renderer's own setting). */

import { MarkdownIt } from "../../vendor/markdown.js";

const renderer = new MarkdownIt({ html: false, linkify: true, typographer: false, breaks: false });
// A text is parsed into blocks as a whole, and what is in them only where they have changed.
renderer.core.ruler.disable(["normalize", "block"]);

// Where it begins in its block, so that the preview can follow the editor.
renderer.core.ruler.push("source_lines", ({ tokens, env }) => {
  for (const token of tokens) {
    const isNamed = token.map && token.nesting >= 0 && token.type !== "inline";
    if (isNamed) token.attrSet("data-line", String(token.map[0] - env.firstLine));
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

/**
 * The tokens of the blocks of a text, as markdown-it has them, and where its references lead to.
 * @param {string} text
 */
export function parseBlocks(text) {
  const env = { references: {} };
  const tokens = [];
  const normal = text.includes("\r") || text.includes("\0") ? text.replace(/\r\n?/g, "\n").replaceAll("\0", "\ufffd") : text;
  renderer.block.parse(normal, renderer, env, tokens);
  // The definition of a reference is one, too.
  const shown = tokens.filter(({ level, hidden }) => level > 0 || !hidden);
  return { tokens: shown, references: env.references };
}

/**
 * @param {object[]} tokens of whole blocks; they are changed
 * @param {object} references of the text
 * @param {number} firstLine of the text that `data-line` counts from
 * @returns {string} HTML that is not sanitised
 */
export function renderTokens(tokens, references, firstLine) {
  const state = new renderer.core.State("", renderer, { references, firstLine });
  state.tokens = tokens;
  renderer.core.process(state);
  return renderer.renderer.render(tokens, renderer.options, state.env);
}
