/** The rendered text beside (on a phone: instead of) the editor. */

import { changesOf } from "../collab/ot/changes.js";
import { icon } from "../editor_icons.js";
import { recall, remember } from "../memory.js";

const WIDE = matchMedia("(min-width: 900px)");
const KEY = "collab-preview";
/** To show it may take a part of the page's time, never most of it. */
const WAIT_MILLISECONDS = 120;
const WAIT_FACTOR = 4;
/** A key is followed by others, mostly. */
const TYPING_MILLISECONDS = 1000;
/** What takes long to show waits for a pause of the typing, but not longer than this. */
const BEHIND_MILLISECONDS = 10_000;
/** More are no better than the whole text. */
const MAX_CHANGES = 2000;
const MARGIN_PIXELS = 24;
/** After the editor has scrolled, the preview is placed again until it has stood still for so many frames. */
const STEADY_FRAMES = 4;
const MAX_FRAMES = 60;

/**
 * @param {import("../collab/document.js").CollabDocument} shared
 * @param {HTMLElement} pane
 * @param {HTMLButtonElement} button
 */
export function bindPreview(shared, pane, button) {
  const article = pane.querySelector(".markdown");
  const news = new News(shared);
  let rendering = null; // the promise of a preview
  let timer = null;
  let isShowing = false;
  let typedAt = -Infinity;
  let behindSince = null;
  let unreachable = false;
  let followings = 0;

  async function show() {
    timer = null;
    if (pane.hidden || isShowing || !shared.isReady) return;
    isShowing = true;
    let wait = WAIT_MILLISECONDS;
    try {
      // Most of a second of loading that the editor itself need not wait for.
      rendering ??= import("./markdown.js").then(({ MarkdownPreview }) => new MarkdownPreview(article));
      const preview = await rendering;
      const now = performance.now();
      const isBusy = now - typedAt < TYPING_MILLISECONDS && now - (behindSince ?? now) < BEHIND_MILLISECONDS;
      const shown = await preview.show(news.take(), isBusy);
      article.classList.toggle("is-cut", shown.isCut);
      article.classList.toggle("is-empty", shown.isEmpty);
      behindSince = shown.isBehind ? (behindSince ?? now) : null;
      wait = Math.max(WAIT_MILLISECONDS, WAIT_FACTOR * shown.milliseconds);
      unreachable = false;
    } catch (error) {
      fail(error);
    }
    isShowing = false;
    if (!unreachable && news.isNone && behindSince !== null) showIn(TYPING_MILLISECONDS);
    else if (!unreachable && !news.isNone) showIn(wait);
  }

  /** No server just now, or one of another version. It is tried again with the next connection. */
  function fail(error) {
    console.error(error);
    rendering?.then((preview) => preview.close(), () => {});
    rendering = null;
    behindSince = null;
    unreachable = true;
    news.takeAll();
    article.classList.remove("is-empty", "is-cut");
    article.textContent = "The preview could not be loaded. Reload the page to see it.";
  }

  function showIn(milliseconds) {
    if (!pane.hidden) timer ??= setTimeout(show, milliseconds);
  }

  function toggleTo(visible) {
    pane.hidden = !visible;
    document.body.classList.toggle("with-preview", visible);
    button.setAttribute("aria-pressed", String(visible));
    if (visible && !news.isNone) show();
  }

  function toggle() {
    toggleTo(pane.hidden);
    if (WIDE.matches) remember(KEY, pane.hidden ? "hidden" : "shown");
  }

  /** Show what the editor shows. */
  async function follow(view) {
    if (pane.hidden || !WIDE.matches || rendering === null) return;
    const following = ++followings;
    const preview = await rendering.catch(() => null);
    if (preview === null) return;
    // What comes into view gets its true height a frame or two later, which moves what is below it.
    let steady = 0;
    for (let frame = 0; frame < MAX_FRAMES && steady < STEADY_FRAMES && following === followings; frame += 1) {
      const before = pane.scrollTop;
      pane.scrollTop = placeOf(view, preview);
      steady = Math.abs(pane.scrollTop - before) < 1 ? steady + 1 : 0;
      await new Promise(requestAnimationFrame);
    }
  }

  function placeOf(view, preview) {
    const { scrollDOM, state, documentPadding } = view;
    const scrolled = scrollDOM.scrollTop - documentPadding.top;
    if (scrollDOM.scrollTop <= 0) return 0;
    const height = scrollDOM.clientHeight;
    const bottom = view.lineBlockAt(state.doc.length).bottom;
    // The line that is at the same place in both: the first in view, then ever lower ones, and at the end the last.
    const share = Math.min(Math.max((scrolled + 2 * height - bottom) / height, 0), 1);
    const line = view.lineBlockAtHeight(Math.min(scrolled + share * height, bottom));
    const target = preview.elementOf(state.doc.lineAt(line.from).number - 1);
    if (target === null) return 0;
    const { top, height: targetHeight } = target.getBoundingClientRect();
    const place = top + share * targetHeight - pane.getBoundingClientRect().top + pane.scrollTop;
    return place - share * pane.clientHeight - (1 - 2 * share) * MARGIN_PIXELS;
  }

  button.append(icon("preview"));
  button.addEventListener("click", toggle);
  shared.on("change", ({ operation, origin }) => {
    if (origin === "local") typedAt = performance.now();
    if (pane.hidden) news.takeAll();
    else news.add(operation);
    showIn(WAIT_MILLISECONDS);
  });
  shared.on("status", ({ connected }) => connected && unreachable && showIn(WAIT_MILLISECONDS));
  shared.ready.then(() => showIn(WAIT_MILLISECONDS));
  toggleTo(WIDE.matches && recall(KEY) !== "hidden");
  return { toggle, follow };
}

/** What the renderer does not know yet. */
class News {
  #changes = null; // null: all of it

  constructor(shared) {
    this.shared = shared;
  }

  get isNone() {
    return this.#changes?.length === 0;
  }

  add(operation) {
    if (this.#changes?.length >= MAX_CHANGES) this.#changes = null;
    this.#changes?.push(changesOf(operation));
  }

  takeAll() {
    this.#changes = null;
  }

  take() {
    const changes = this.#changes;
    this.#changes = [];
    return changes === null ? { text: this.shared.content } : { changes };
  }
}
