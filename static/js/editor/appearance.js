/** How the text looks; colours and fonts are variables of the style sheets. */

import { EditorView, HighlightStyle, syntaxHighlighting, tags } from "../../vendor/codemirror.js";

const theme = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-writing)", fontSize: "var(--size-writing)", lineHeight: "1.75" },
  ".cm-content": { padding: "var(--page-top) 0 40vh", caretColor: "var(--accent)" },
  ".cm-line": { padding: "0 var(--page-side)" },
  ".cm-cursor, .cm-dropCursor": { borderLeft: "2px solid var(--accent)", marginLeft: "-1px" },
  ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": {
    background: "var(--selection)",
  },
  ".cm-placeholder": { color: "var(--faint)" },
  ".cm-panels": { background: "var(--surface)", color: "var(--text)", borderColor: "var(--line)", fontFamily: "var(--font-ui)" },
  ".cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-textfield": { background: "var(--paper)", border: "1px solid var(--line)", borderRadius: "6px" },
  ".cm-button": { background: "var(--paper)", backgroundImage: "none", border: "1px solid var(--line)", borderRadius: "6px" },
  ".cm-search .find-count": {
    display: "inline-block", minWidth: "6rem", marginRight: ".6em", color: "var(--muted)", fontSize: "80%", fontVariantNumeric: "tabular-nums",
  },
  ".cm-searchMatch": { backgroundColor: "var(--mark)" },
  ".cm-searchMatch-selected": { backgroundColor: "var(--mark-strong)" },
  ".cm-specialChar": { color: "var(--danger)" },
});

const faint = { color: "var(--faint)" };
const highlight = HighlightStyle.define([
  { tag: tags.heading1, fontSize: "1.55em", fontWeight: "700", lineHeight: "1.4" },
  { tag: tags.heading2, fontSize: "1.28em", fontWeight: "700", lineHeight: "1.5" },
  { tag: tags.heading3, fontSize: "1.1em", fontWeight: "700" },
  { tag: [tags.heading4, tags.heading5, tags.heading6], fontWeight: "700" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: tags.strong, fontWeight: "700" },
  { tag: tags.strikethrough, textDecoration: "line-through" },
  { tag: tags.link, color: "var(--accent)" },
  { tag: tags.url, color: "var(--muted)" },
  { tag: tags.monospace, fontFamily: "var(--font-code)", fontSize: "0.9em", color: "var(--code)" },
  { tag: tags.quote, color: "var(--muted)" },
  { tag: [tags.processingInstruction, tags.meta, tags.contentSeparator, tags.labelName], ...faint },
  { tag: [tags.keyword, tags.tagName, tags.atom], color: "var(--accent)" },
  { tag: [tags.string, tags.attributeValue], color: "var(--code)" },
  { tag: tags.comment, ...faint, fontStyle: "italic" },
]);

export const appearance = [theme, syntaxHighlighting(highlight)];
