/** What may be put in from elsewhere: formatted text, but no files, and no addresses that run something. */

import { Quill, Uploader } from "../../vendor/quill.js";
import { isSafeImage, isSafeLink } from "./addresses.js";

const REFUSED = "Pictures can't be put into the document: give the address of one instead.";

class RefusingUploader extends Uploader {
  upload(_range, files) {
    if (files.length > 0) this.options.refuse(REFUSED);
  }
}

export const registerUploader = () => Quill.register("modules/uploader", RefusingUploader, true);

/**
 * Matchers of Quill's clipboard.
 * @param {(message: string) => void} refuse tells in words what was refused
 */
export function matchersThat(refuse) {
  const Delta = Quill.import("delta");
  const image = (node, delta) => {
    if (isSafeImage(node.getAttribute("src"))) return delta;
    refuse(REFUSED);
    return new Delta();
  };
  const link = (_node, delta) => new Delta(delta.ops.map(withoutUnsafeLink));
  // Quill's own matchers, which read the elements, run before these.
  return [["img", image], ["a", link]];
}

function withoutUnsafeLink(component) {
  const { link, ...others } = component.attributes ?? {};
  if (link === undefined || (isSafeLink(link) && link !== "about:blank")) return component;
  return Object.keys(others).length > 0 ? { ...component, attributes: others } : { insert: component.insert };
}
