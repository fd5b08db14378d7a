/**
 * The title: stored by the HTTP API; the others learn of a new one at once, as a word beside the
 * cursor (presence).
 */

const WAIT_MILLISECONDS = 700;
/** For how long a new title is told beside the cursor. */
const TELL_MILLISECONDS = 15_000;

/**
 * @param {import("../collab/document.js").CollabDocument} shared
 * @param {{read: Function, rename: Function}} api
 * @param {HTMLInputElement} input
 * @param {import("./presence_data.js").PresenceData} presence
 */
export function bindTitle(shared, api, input, presence) {
  const { docId } = shared;
  const heard = new Map(); // clientId → the last title that it told
  let stored = "";
  let waiting = null;
  let telling = null;

  const show = (title) => {
    stored = title;
    input.value = title;
    document.title = `${title || "Untitled"} · collab`;
  };

  async function store() {
    clearTimeout(waiting);
    waiting = null;
    const title = input.value.trim();
    if (title === stored) return;
    try {
      await api.rename(docId, title);
    } catch {
      // Not lost: it stays in the field, and is tried again.
      input.classList.add("unsaved");
      waiting = setTimeout(store, 5000);
      return;
    }
    input.classList.remove("unsaved");
    stored = title;
    document.title = `${title || "Untitled"} · collab`;
    presence.tell("title", title);
    clearTimeout(telling);
    telling = setTimeout(() => presence.tell("title", null), TELL_MILLISECONDS);
  }

  input.disabled = !shared.mayEdit;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(store, WAIT_MILLISECONDS);
  });
  input.addEventListener("change", store);
  input.addEventListener("keydown", ({ key }) => key === "Enter" && input.blur());
  shared.on("presence", ({ client_id: clientId, data }) => {
    const title = typeof data?.title === "string" ? data.title : null;
    const isNews = title !== null && heard.get(clientId) !== title;
    heard.set(clientId, title);
    if (isNews && waiting === null) show(title.slice(0, 200));
  });

  const load = () => api.read(docId).then(({ title }) => waiting === null && show(title), () => {});
  // What was renamed while this page was away.
  let wasConnected = shared.status.connected;
  shared.on("status", ({ connected }) => {
    if (connected && !wasConnected) load();
    wasConnected = connected;
  });
  return load();
}
