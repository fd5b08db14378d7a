/** Renders Markdown in a worker: each message is a change of the text, each answer what of the preview is new. */

import { MarkdownBlocks } from "./markdown_blocks.js";

const blocks = new MarkdownBlocks();

addEventListener("message", ({ data: { text, changes, isBusy } }) => {
  if (text !== undefined) blocks.replace(text);
  else for (const each of changes) blocks.change(each);
  const rendered = blocks.render(isBusy);
  postMessage(rendered, { transfer: [rendered.lines.buffer] });
});
