/** Markdown as the editor knows it: what is coloured, and what Enter and pasting do. */

import { Language, LanguageSupport, Prec, keymap, markdownKeymap, markdownLanguage, pasteURLAsLink } from "../../vendor/codemirror.js";

/** In a paragraph of more characters nothing is coloured: all of it is parsed anew with each key. */
export const MAX_PARAGRAPH = 20_000;

const plainWhereLong = {
  parseInline: [
    {
      name: "Long",
      before: "Escape",
      parse: (context) => (context.end - context.offset > MAX_PARAGRAPH ? context.end : -1),
    },
  ],
};

const language = new Language(markdownLanguage.data, markdownLanguage.parser.configure(plainWhereLong), [], "markdown");

// A list goes on at Enter; an address pasted over text becomes its link.
export const markdown = new LanguageSupport(language, [Prec.high(keymap.of(markdownKeymap)), pasteURLAsLink]);
