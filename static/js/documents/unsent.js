/** Says which documents have work on this device that the server does not have, and has it sent. */

import { systemClock } from "../collab/clock.js";
import { unsentDocuments } from "../collab/unsent.js";
import { deviceStorage, recall } from "../memory.js";
import { lastOwner } from "../session.js";

const LOOK_MILLISECONDS = 20_000;
const MAX_SHOWN = 20;
const HEARD_MILLISECONDS = 300;
const AWAY = "Waits for the server";
const REFUSED = "Not accepted: open it to see why";

/**
 * @param {import("../session.js").Session | null} session null: the server can't be reached
 * @param {ReturnType<import("../api.js").documentsApi>} api
 * @param {HTMLElement} section with a list
 * @param {URL} base of the application
 */
export function bindUnsent(session, api, section, base) {
  const storage = deviceStorage();
  const owner = ownerBy(session, base);
  if (!storage || owner === null) return;
  const states = new Map(); // docId → in words
  const loaded = { sender: null };

  const look = () => {
    const found = unsentDocuments(storage, base.href, owner.userId);
    for (const docId of states.keys()) if (!found.some((each) => each.docId === docId)) states.delete(docId);
    show(section, found, states, owner.maySend);
    return found;
  };
  const tell = (docId, { error = null, inUse = false, isAway = false, isSending = false } = {}) => {
    if (inUse) states.set(docId, "Open in another tab, which sends it");
    else if (isSending) states.set(docId, "Sending…");
    else if (isAway) states.set(docId, AWAY);
    else if (error) states.set(docId, REFUSED);
    else states.delete(docId);
    look();
  };
  const send = async () => {
    const found = look();
    systemClock.set(send, LOOK_MILLISECONDS);
    if (found.length === 0 || !owner.maySend) return;
    try {
      const { Sender } = await import("./sending.js");
      loaded.sender ??= new Sender({ storage, api, url: base.href, ...owner, tell });
      loaded.sender.send(found);
    } catch {
      // The script could not be loaded: the next look tries again.
      for (const { docId } of found) tell(docId, { isAway: true });
    }
  };
  // Another tab writes with each key that is typed there.
  let heard;
  addEventListener("storage", () => {
    systemClock.clear(heard);
    heard = systemClock.set(look, HEARD_MILLISECONDS);
  });
  addEventListener("pagehide", () => loaded.sender?.close());
  send();
}

/** Whose work it is. Without a server it is shown, and not sent. */
function ownerBy(session, base) {
  const last = lastOwner(base);
  const isOpen = session ? session.mode === "open" : last?.isOpen;
  const userId = isOpen ? recall("collab-user-id") : session?.user?.user_id ?? last?.userId;
  if (!userId) return null;
  return { userId, isOpen, maySend: isOpen || !session || session.user !== null };
}

function show(section, found, states, maySend) {
  section.hidden = found.length === 0;
  const shown = found.slice(0, MAX_SHOWN).map((each) => entry(each, states.get(each.docId), maySend));
  section.querySelector("ul").replaceChildren(...shown);
  const rest = section.querySelector(".unsent-rest");
  rest.hidden = found.length <= MAX_SHOWN;
  rest.textContent = `And ${found.length - MAX_SHOWN} more documents.`;
}

function entry({ docId, docType, editors, hasTitle, setAside }, state, maySend) {
  const link = document.createElement("a");
  link.href = `documents/${encodeURIComponent(docId)}${docType ? `?doc_type=${encodeURIComponent(docType)}` : ""}`;
  link.textContent = titleOf(docId);
  const what = document.createElement("span");
  what.className = "unsent-what";
  const changes = editors.reduce((sum, each) => sum + each.changes, 0);
  const parts = [changes === 1 && "1 change", changes > 1 && `${changes} changes`, hasTitle && "a title"].filter(Boolean);
  const waits = parts.length > 0 ? [parts.join(" and "), state ?? (maySend ? "Waits to be sent" : "Sign in to send it")] : [];
  const aside = setAside > 0 ? [setAside === 1 ? "A text was set aside: open it to decide" : `${setAside} texts were set aside: open it to decide`] : [];
  what.textContent = [...waits, ...aside].join(" · ");
  const item = document.createElement("li");
  item.dataset.testid = "unsent-document";
  item.dataset.docId = docId;
  item.append(link, what);
  return item;
}

/** As the list has it, if it does. */
function titleOf(docId) {
  const listed = document.querySelector(`#documents a[data-doc-id="${CSS.escape(docId)}"] .document-title:not(.untitled)`);
  return listed?.textContent ?? docId;
}
