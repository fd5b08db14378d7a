/**
 * A word that an input method composes is in the page and not yet in the document: until it is, the work is not
 * saved, and leaving the page asks. (Phone keyboards compose every word.)
 */

const PART = { unsaved: 1, localCopy: false, error: null, composing: true };

/**
 * @param {import("../collab/document.js").CollabDocument} shared
 * @param {boolean} isComposing whether there is such a word now
 */
export const tellComposing = (shared, isComposing) => shared.setUnsaved("composition", isComposing ? PART : null);

/**
 * For an editor that puts the word into the document in the task in which its composition ends, or in a microtask
 * after that.
 * @param {import("../collab/document.js").CollabDocument} shared
 * @param {HTMLElement} root of what is edited
 */
export function bindComposing(shared, root) {
  let before = null; // the text of the block that is composed in

  const block = () => {
    let node = document.getSelection().anchorNode;
    while (node && node.parentNode !== root) node = node.parentNode;
    return (node ?? root).textContent;
  };
  root.addEventListener("compositionstart", () => (before = block()));
  root.addEventListener("input", () => before !== null && tellComposing(shared, block() !== before));
  root.addEventListener("compositionend", () => {
    before = null;
    queueMicrotask(() => queueMicrotask(() => tellComposing(shared, false)));
  });
}
