/** The buttons above the text: one for each format, pressed where it holds. */

import { Quill } from "../../vendor/quill.js";
import { icon } from "../editor_icons.js";
import { AddressForm } from "./address_form.js";
import { isSafeImage, isSafeLink } from "./addresses.js";

/**
 * @param {import("../../vendor/quill.js").Quill} quill
 * @param {HTMLElement} toolbar with `[data-format]` buttons and the select of headings
 * @param {HTMLFormElement} addressForm asks for the address of a link or a picture
 * @param {(message: string) => void} say tells the user what went wrong
 * @param {import("../page/frame.js").Frame} frame
 */
export function bindToolbar(quill, toolbar, addressForm, say, frame) {
  const buttons = [...toolbar.querySelectorAll("button[data-format]")];
  const form = new AddressForm(addressForm, quill);
  const heading = toolbar.querySelector("select[data-format=header]");

  const show = () => {
    // What has the focus and can't be edited has no selection.
    const range = quill.getSelection();
    const formats = range ? quill.getFormat(range) : {};
    for (const button of buttons) {
      const isPressed = String(isOn(formats, button.dataset));
      if (button.getAttribute("aria-pressed") !== isPressed) button.setAttribute("aria-pressed", isPressed);
    }
    const level = String(formats.header ?? "");
    if (heading.value !== level) heading.value = level;
  };

  const press = ({ format, value = true }) => {
    if (!quill.isEnabled()) return undefined;
    quill.focus();
    if (format === "link") return link(quill, form, say);
    if (format === "image") return image(quill, form, say);
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
  quill.keyboard.addBinding({ key: "k", shortKey: true }, () => press({ format: "link" }));
  quill.on("editor-change", frame.step(show));
  show();
}

const isOn = (formats, { format, value = true }) =>
  value === true ? Boolean(formats[format]) : formats[format] === value;

function link(quill, form, say) {
  const range = linkAt(quill, quill.getSelection(true));
  const value = quill.getFormat(range.index, range.length).link;
  const take = (address, { index, length }) => {
    if (address !== "" && !isSafeLink(address)) return refuse(say, "Only web and mail addresses can be linked to.");
    if (length > 0) quill.formatText(index, length, "link", address || false, "user");
    else if (address !== "") quill.insertText(index, address, { link: address }, "user");
    return true;
  };
  form.ask(range, { label: "Address of the link", value, take });
}

/** The whole of the link that the cursor is in. */
function linkAt(quill, range) {
  if (range.length > 0) return range;
  const Link = Quill.import("formats/link");
  for (const index of [range.index, range.index - 1]) {
    const [found, offset] = index >= 0 ? quill.scroll.descendant(Link, index) : [null];
    if (found) return { index: index - offset, length: found.length() };
  }
  return range;
}

function image(quill, form, say) {
  const take = (address, { index }) => {
    if (address === "") return true;
    if (!isSafeImage(address)) return refuse(say, "Only pictures at a web address can be shown.");
    quill.insertEmbed(index, "image", address, "user");
    return true;
  };
  const { index } = quill.getSelection(true);
  form.ask({ index, length: 0 }, { label: "Address of the picture", take });
}

function refuse(say, message) {
  say(message);
  return false;
}

function clean(quill) {
  const { index, length } = quill.getSelection(true);
  quill.removeFormat(index, length, "user");
}
