/** One loud line above the text, only when work is in danger, and what can be done about it. */

import { goToSignIn } from "./access.js";

/** @typedef {{kind: string, text: string, actions: [string, () => void][]}} Message */

const DENIED = new Set(["unauthorized", "no_access", "another_user"]);

/**
 * @param {import("../collab/document.js").CollabDocument} shared
 * @param {HTMLElement} element
 * @param {(content: any) => string} [plain] content as text that can be copied out
 */
export function bindBanner(shared, element, plain = String) {
  let shown = "";

  const show = () => {
    const message = messageFor(shared, plain);
    // The same words may be about another content.
    const key = message ? JSON.stringify([message, shared.rescued?.id]) : "";
    if (key === shown) return;
    shown = key;
    element.hidden = message === null;
    if (!message) return;
    element.dataset.kind = message.kind;
    element.querySelector(".banner-text").textContent = message.text;
    element.querySelector(".banner-actions").replaceChildren(...message.actions.map(button));
  };

  for (const event of ["status", "rescued", "closed"]) shared.on(event, show);
  show();
}

function button([label, action]) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "button small";
  element.textContent = label;
  element.addEventListener("click", () => action(element));
  return element;
}

/** @returns {Message | null} */
export function messageFor(shared, plain = String) {
  const { rescued, status } = shared;
  const copyAll = () => copy(plain(shared.content));
  if (rescued) return rescuedMessage(shared, rescued, copy(plain(rescued.content)));
  if (["document_deleted", "not_found", "wrong_doc_type"].includes(status.error?.code)) return goneMessage(shared, status, plain);
  if (DENIED.has(status.error?.code)) return deniedMessage(shared, status, copyAll);
  if (status.error?.part) return partMessage(shared, status.error);
  if (status.state === "failed") return failedMessage(shared, status, copyAll);
  if (status.delay === "alarming") return alarmingMessage(shared, status, copyAll());
  if (shared.isReady && shared.mayEdit && !status.localCopy) return notKeptMessage();
  return null;
}

const copy = (text) => [
  "Copy my text",
  async (element) => {
    element.textContent = (await toClipboard(text)) ? "Copied" : "Could not be copied";
  },
];

async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Over plain http, or forbidden: the way from before there was that interface.
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
}

const REPLACED = {
  another: "This document is not the one you were writing in: it was created again or restored on the server.",
  older: "The server has come back with an older version of this document.",
  behind: "The server has gone on so far that your changes could not be added to this document.",
};

const LACKING = {
  another: "The server has come back with another copy of this document, which lacks text that it had confirmed.",
  older: "The server has come back with an older version of this document, which lacks text that it had confirmed.",
};

function rescuedMessage(shared, { id, unsaved, reason = "another", kept = true }, copyIt) {
  const [happened, text] =
    unsaved > 0
      ? [REPLACED[reason], `Your text, with ${changes(unsaved)} that nobody else has,`]
      : [LACKING[reason], "The text as it was here"];
  const where = kept
    ? "is kept on this device."
    : "could not be kept on this device and is only in this page: copy it before you leave.";
  const count = shared.rescuedCount > 1 ? ` It is the first of ${shared.rescuedCount} texts.` : "";
  const actions = [copyIt];
  if (shared.mayEdit !== false) actions.push(["Put my text in its place", () => shared.reapplyRescued(id)]);
  actions.push(["Discard it", () => confirm("Discard your text for good?") && shared.discardRescued(id)]);
  return { kind: kept ? "rescued" : "failed", text: `${happened} ${text} ${where}${count}`, actions };
}

/** Something beside the content, which says itself what can be done. */
function partMessage(shared, { part, advice, labels }) {
  const actions = [
    [labels.retry, () => shared.retry()],
    [labels.giveUp, () => shared.giveUp(part)],
  ];
  return { kind: "failed", text: advice, actions };
}

function goneMessage({ isReady, content }, { error }, plain) {
  const toList = ["All documents", () => location.assign(new URL("../", location.href))];
  const text = isReady ? plain(content) : "";
  if (text.trim() !== "") return { kind: "failed", text: `${error.advice} The text is still here to be copied.`, actions: [copy(text), toList] };
  const isUnknown = !isReady && error.code === "not_found";
  return { kind: "failed", text: isUnknown ? "There is no document at this address." : error.advice, actions: [toList] };
}

function deniedMessage(shared, { error, unsaved, localCopy }, copyAll) {
  const actions = [];
  const label = error.code === "unauthorized" ? "Sign in" : "Sign in as somebody else";
  if (error.signIn) actions.push([label, () => goToSignIn(shared, error.signIn)]);
  if (error.code === "another_user") actions.push(["Go on as this user", () => location.reload()]);
  if (unsaved > 0) actions.push(copyAll());
  const kept = localCopy ? "kept on this device and sent when you are back" : "only here: leave this page open";
  const rest = unsaved > 0 ? ` ${capital(changes(unsaved))} not saved: ${kept}.` : "";
  return { kind: "failed", text: `${error.advice}${rest}`, actions };
}

function failedMessage(shared, { error, unsaved }, copyAll) {
  const kept = unsaved > 0 ? ` ${capital(changes(unsaved))} not saved; your text is kept here.` : "";
  const actions = [["Try again", () => shared.retry()]];
  if (unsaved > 0) {
    actions.push(copyAll());
    actions.push(["Go back to the saved text", () => confirm("Give up what is not saved?") && shared.discard()]);
  }
  return { kind: "failed", text: `${error.advice}${kept}`, actions };
}

function alarmingMessage(shared, { unsaved, connected, localCopy }, copyIt) {
  const reason = connected ? "The server has not confirmed" : "The server can't be reached:";
  const kept = localCopy
    ? "They are kept on this device and are sent as soon as that is possible."
    : "They could not be kept on this device either: leave this page open, or copy your text.";
  const waits = connected ? `${changes(unsaved)} for over 20 seconds.` : `${changes(unsaved)} not saved for over 20 seconds.`;
  return {
    kind: localCopy ? "waiting" : "failed",
    text: `${reason} ${waits} ${kept}`,
    actions: [["Try now", () => shared.retry()], copyIt],
  };
}

function notKeptMessage() {
  const text =
    "This device can't keep your changes of this document: its storage is full or blocked. " +
    "Until the server has them, they are only in this page.";
  return { kind: "waiting", text, actions: [] };
}

const changes = (count) => (count === 1 ? "1 change" : `${count} changes`);
const capital = (text) => text[0].toUpperCase() + text.slice(1);
