/** The buttons above the text: one for each format, pressed where it holds. */

import { icon } from "../icons.js";
import { isSafeImage, isSafeLink } from "./addresses.js";

/**
 * @param {import("../../vendor/quill.js").Quill} quill
 * @param {HTMLElement} toolbar with `[data-format]` buttons and the select of headings
 * @param {(message: string) => void} say tells the user what went wrong
 */
export function bindToolbar(quill, toolbar, say) {
  const buttons = [...toolbar.querySelectorAll("button[data-format]")];
  const heading = toolbar.querySelector("select[data-format=header]");

  const show = () => {
    // What has the focus and can't be edited has no selection.
    const range = quill.getSelection();
    const formats = range ? quill.getFormat(range) : {};
    for (const button of buttons) button.setAttribute("aria-pressed", String(isOn(formats, button.dataset)));
    heading.value = String(formats.header ?? "");
  };

  const press = ({ format, value = true }) => {
    quill.focus();
    if (format === "link") return link(quill, say);
    if (format === "image") return image(quill, say);
    if (format === "undo" || format === "redo") return quill.history[format]();
    if (format === "clean") return clean(quill);
    quill.format(format, isOn(quill.getFormat(), { format, value }) ? false : value, "user");
  };

  for (const button of buttons) {
    if (button.dataset.icon) button.append(icon(button.dataset.icon));
    // The selection is to stay where it is.
    button.addEventListener("mousedown", (event) => event.preventDefault());
    button.addEventListener("click", () => (press(button.dataset), show()));
  }
  heading.addEventListener("change", () => {
    quill.focus();
    quill.format("header", Number(heading.value) || false, "user");
  });
  quill.on("editor-change", show);
  show();
}

const isOn = (formats, { format, value = true }) =>
  value === true ? Boolean(formats[format]) : formats[format] === value;

function link(quill, say) {
  const range = quill.getSelection(true);
  const known = quill.getFormat(range).link;
  const url = prompt("Address of the link; leave it empty to have none", known ?? "https://");
  if (url === null) return;
  if (url.trim() !== "" && !isSafeLink(url)) return say("Only web and mail addresses can be linked to.");
  const value = url.trim() || false;
  if (range.length > 0) quill.formatText(range.index, range.length, "link", value, "user");
  else if (value) quill.insertText(range.index, value, { link: value }, "user");
}

function image(quill, say) {
  const { index } = quill.getSelection(true);
  const url = prompt("Address of the picture", "https://");
  if (url === null || url.trim() === "") return;
  if (!isSafeImage(url)) return say("Only pictures at a web address can be shown.");
  quill.insertEmbed(index, "image", url.trim(), "user");
  quill.setSelection(index + 1, "user");
}

function clean(quill) {
  const { index, length } = quill.getSelection(true);
  quill.removeFormat(index, length, "user");
}
