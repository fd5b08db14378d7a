/**
 * HTML of other programs as elements to be read. The page's policy keeps inline styles, handlers and `base` out of
 * whatever is parsed, and reports each. So they have other names before the parser sees them.
 */

/** Nothing that is pasted has it by chance. */
const PREFIX = `pasted-${Math.random().toString(36).slice(2)}-`;
const NAMES = /(?<=[\s"'/])(?=(?:style|on[a-z]{3,30})\s*=)/gi;
const BASE = /(?<=<)(?=base\b)/gi;
const STYLE_START = /<style\b/gi;
const STYLE_END = /<\/style\b/gi;
const MAX_RULES = 500_000;

/**
 * @param {string} html
 * @returns {{body: HTMLElement, rules: string}} a body that loads and runs nothing, and the text of its style sheets
 */
export function parsed(html) {
  const { markup, rules } = withoutStyleSheets(html);
  const { body } = new DOMParser().parseFromString(markup.replace(NAMES, PREFIX).replace(BASE, PREFIX), "text/html");
  return { body, rules };
}

const original = (text) => text.replaceAll(PREFIX, "");

/** The text of a node, as it was written. */
export const textOf = (node) => original(node.data);

/** An attribute as it was written; "" where there is none. */
export function attributeOf(element, name) {
  const value = element.getAttribute(name === "style" ? PREFIX + name : name);
  return value === null ? "" : original(value);
}

function withoutStyleSheets(html) {
  const markup = [];
  const rules = [];
  let offset = 0;
  for (;;) {
    const start = indexOf(html, STYLE_START, offset);
    const content = start < 0 ? -1 : html.indexOf(">", start) + 1;
    if (content <= 0) break;
    const end = indexOf(html, STYLE_END, content);
    markup.push(html.slice(offset, start));
    rules.push(html.slice(content, end < 0 ? html.length : end));
    const after = end < 0 ? -1 : html.indexOf(">", end);
    offset = after < 0 ? html.length : after + 1;
  }
  markup.push(html.slice(offset));
  return { markup: markup.join(""), rules: rules.join("\n").slice(0, MAX_RULES) };
}

function indexOf(text, expression, offset) {
  expression.lastIndex = offset;
  return expression.exec(text)?.index ?? -1;
}
