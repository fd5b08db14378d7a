/** Each line begins on the side that its first letter is written from. */

import { Decoration, EditorView, RangeSetBuilder, ViewPlugin } from "../../vendor/codemirror.js";

const byItsLetters = Decoration.line({ attributes: { dir: "auto" } });

function drawnLines(view) {
  const builder = new RangeSetBuilder();
  for (const { from, to } of view.visibleRanges) {
    for (let line = view.state.doc.lineAt(from); ; line = view.state.doc.line(line.number + 1)) {
      builder.add(line.from, line.from, byItsLetters);
      if (line.to >= to) break;
    }
  }
  return builder.finish();
}

const marked = ViewPlugin.define(
  (view) => ({
    lines: drawnLines(view),
    update(update) {
      if (update.docChanged || update.viewportChanged) this.lines = drawnLines(update.view);
    },
  }),
  { decorations: ({ lines }) => lines },
);

export const direction = [EditorView.perLineTextDirection.of(true), marked];
