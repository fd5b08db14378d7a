export { EditorSelection, EditorState, StateEffect, Annotation, Transaction, Compartment, Prec, RangeSetBuilder } from "@codemirror/state";
export {
  EditorView, Decoration, ViewPlugin, keymap, placeholder, drawSelection, highlightSpecialChars,
  dropCursor, rectangularSelection, crosshairCursor, RectangleMarker,
} from "@codemirror/view";
export { history, historyKeymap, defaultKeymap, undo, redo } from "@codemirror/commands";
export { syntaxHighlighting, HighlightStyle, Language, LanguageSupport } from "@codemirror/language";
export { SearchQuery, getSearchQuery, search, searchKeymap, searchPanelOpen } from "@codemirror/search";
// Not `markdown`, which brings the parsers of HTML, CSS and JavaScript along.
export { markdownKeymap, markdownLanguage, pasteURLAsLink } from "@codemirror/lang-markdown";
export { tags } from "@lezer/highlight";
