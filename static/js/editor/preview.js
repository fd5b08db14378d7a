/** The rendered text beside (on a phone: instead of) the editor. */

import { icon } from "../icons.js";
import { recall, remember } from "../memory.js";

const WIDE = matchMedia("(min-width: 900px)");
const KEY = "collab-preview";
/** Rendering may take a part of the time, never most of it. */
const WAIT_MILLISECONDS = 120;
const WAIT_FACTOR = 4;
/** The browser's layout of much more would hold up the typing. */
const LENGTH_MAXIMUM = 200_000;

/**
 * @param {import("../collab/document.js").CollabDocument} shared
 * @param {HTMLElement} pane
 * @param {HTMLButtonElement} button
 */
export function bindPreview(shared, pane, button) {
  const article = pane.querySelector(".markdown");
  let timer = null;
  let wait = WAIT_MILLISECONDS;
  let stale = true;
  let unreachable = false;

  async function render() {
    timer = null;
    if (pane.hidden || !shared.isReady) return;
    const renderMarkdown = await loadRenderer();
    if (!renderMarkdown) return;
    const began = performance.now();
    stale = false;
    article.replaceChildren(renderMarkdown(beginning(shared.content)));
    article.classList.toggle("is-cut", shared.content.length > LENGTH_MAXIMUM);
    article.classList.toggle("is-empty", article.textContent.trim() === "");
    const laidOut = article.offsetHeight > 0; // asked for, so that its cost is measured too
    if (laidOut) wait = Math.max(WAIT_MILLISECONDS, WAIT_FACTOR * (performance.now() - began));
  }

  async function loadRenderer() {
    try {
      // Most of a second of loading that the editor itself need not wait for.
      const { renderMarkdown } = await import("./markdown.js");
      unreachable = false;
      return renderMarkdown;
    } catch {
      // No server just now, or one of another version. Tried again with the next connection.
      unreachable = true;
      article.textContent = "The preview could not be loaded. Reload the page to see it.";
      return null;
    }
  }

  function changed() {
    stale = true;
    if (!pane.hidden) timer ??= setTimeout(render, wait);
  }

  function show(visible) {
    pane.hidden = !visible;
    document.body.classList.toggle("with-preview", visible);
    button.setAttribute("aria-pressed", String(visible));
    if (visible && stale) render();
  }

  function toggle() {
    show(pane.hidden);
    if (WIDE.matches) remember(KEY, pane.hidden ? "hidden" : "shown");
  }

  /** Show what the editor shows at its top. */
  function follow(view) {
    if (pane.hidden || !WIDE.matches) return;
    const { scrollDOM, state } = view;
    const top = view.lineBlockAtHeight(scrollDOM.scrollTop);
    const line = state.doc.lineAt(top.from).number - 1;
    const target = blockAt(article, line);
    pane.scrollTop = target && scrollDOM.scrollTop > 0 ? target.offsetTop - pane.offsetTop - 24 : 0;
  }

  button.append(icon("preview"));
  button.addEventListener("click", toggle);
  shared.on("change", changed);
  shared.on("status", ({ connected }) => connected && unreachable && changed());
  shared.ready.then(changed);
  show(WIDE.matches && recall(KEY) !== "hidden");
  return { toggle, follow };
}

function beginning(text) {
  if (text.length <= LENGTH_MAXIMUM) return text;
  const end = text.lastIndexOf("\n", LENGTH_MAXIMUM);
  return text.slice(0, end > 0 ? end : LENGTH_MAXIMUM);
}

/** The last block that begins at or before a line of the source. */
function blockAt(article, line) {
  const blocks = [...article.querySelectorAll("[data-line]")];
  return blocks.findLast((block) => Number(block.dataset.line) <= line);
}
