/**
 * What this device keeps that the server does not have, by document, as journal.js, rescued.js and the page's title
 * write it.
 *
 * @typedef {object} Unsent
 * @property {string} docId
 * @property {string | null} docType null: there is a title only, or a text that was set aside
 * @property {{clientId: string, changes: number, docType: string}[]} editors that ended before all was acknowledged
 * @property {boolean} hasTitle
 * @property {number} setAside texts that wait for a decision of their user
 */

import { keysOf, readRecord } from "./records.js";

/**
 * @param {Storage} storage
 * @param {string} url of the application
 * @param {string} userId whose it is
 * @returns {Unsent[]}
 */
export function unsentDocuments(storage, url, userId) {
  const found = new Map();
  const of = (docId) => {
    if (!found.has(docId)) found.set(docId, { docId, docType: null, editors: [], hasTitle: false, setAside: 0 });
    return found.get(docId);
  };
  for (const { docId, rest, key } of keysBelow(storage, "collab", url, userId)) {
    const record = rest.length === 1 ? readRecord(storage, key) : null;
    if (!record?.inflight && !record?.pending) continue;
    const changes = (record.pendingCount ?? 0) + Number(Boolean(record.inflight));
    of(docId).editors.push({ clientId: rest[0], changes: Math.max(1, changes), docType: record.docType });
    of(docId).docType = record.docType;
  }
  for (const { docId } of keysBelow(storage, "collab-title", url, userId)) of(docId).hasTitle = true;
  for (const { docId } of keysBelow(storage, "collab-rescued", url, userId)) of(docId).setAside += 1;
  return [...found.values()];
}

function keysBelow(storage, kind, url, userId) {
  const prefix = `${kind}:${encodeURIComponent(url)}:`;
  const names = keysOf(storage, prefix).map((key) => {
    const [doc, user, ...rest] = key.slice(prefix.length).split(":");
    return { key, doc, user, rest };
  });
  const own = names.filter(({ user }) => user === encodeURIComponent(userId));
  return own.map(({ key, doc, rest }) => ({ key, docId: decodeURIComponent(doc), rest }));
}
