export { EditorSelection, EditorState, StateField, StateEffect, Annotation, Transaction, Compartment, RangeSetBuilder } from "@codemirror/state";
export {
  EditorView, Decoration, WidgetType, ViewPlugin, keymap, placeholder, drawSelection, highlightSpecialChars,
  dropCursor, rectangularSelection, crosshairCursor,
} from "@codemirror/view";
export { history, historyKeymap, defaultKeymap, indentWithTab, undo, redo, undoDepth, redoDepth } from "@codemirror/commands";
export { syntaxHighlighting, HighlightStyle, indentUnit, bracketMatching } from "@codemirror/language";
export { searchKeymap, search, highlightSelectionMatches } from "@codemirror/search";
export { markdown, markdownLanguage, markdownKeymap } from "@codemirror/lang-markdown";
export { tags } from "@lezer/highlight";
export { minimalSetup } from "codemirror";
