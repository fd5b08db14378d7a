/**
 * What is not acknowledged, kept in a Storage (such as localStorage), so that it survives the tab.
 *
 * One record per editor, `collab:SCOPE:CLIENT_ID`: the unacknowledged edit as it was sent, with its
 * identity, what is pending, and the operations since `baseVersion`. The content at `baseVersion`
 * is a record of its own, `…:base:VERSION`, written seldom. So a record of a few hundred bytes is
 * written for a keystroke, whatever the size of the document.
 *
 * The order that makes this safe: an edit is in the record before it is first sent (write-ahead),
 * so a record never holds as pending what the server already has under an `id`.
 */

import { keysOf, readRecord } from "./records.js";

const BASE_AFTER_BYTES = 20_000;
/** After a write that found no room, so long none is tried. */
export const RETRY_MILLISECONDS = 30_000;
const ABANDONED_MILLISECONDS = 30 * 24 * 3600 * 1000;

export class Journal {
  #baseVersion = null;
  #baseEpoch = null;
  #log = [];
  #logBytes = 0;
  #failedAt = null;

  /**
   * @param {Storage} storage
   * @param {string} scope the document and the user, as `scopeOf` makes it
   * @param {string} clientId
   * @param {import("./clock.js").Clock} clock
   */
  constructor(storage, scope, clientId, clock) {
    this.storage = storage;
    this.scope = scope;
    this.clientId = clientId;
    this.clock = clock;
  }

  get key() {
    return `collab:${this.scope}:${this.clientId}`;
  }

  /** Whether the last write found no room (or no permission): the tab is the only copy. */
  get failing() {
    return this.#failedAt !== null;
  }

  /** The version has gone up by one: `operation` as committed. */
  committed(operation) {
    if (this.#baseVersion === null) return;
    this.#log.push(operation);
    this.#logBytes += JSON.stringify(operation).length;
    if (this.#logBytes > BASE_AFTER_BYTES) this.forgetBase();
  }

  /** The next write stores the content anew. */
  forgetBase() {
    this.#baseVersion = null;
    this.#log = [];
    this.#logBytes = 0;
  }

  /**
   * @param {import("./session.js").Session} session
   * @returns {boolean} whether it is stored
   */
  write(session) {
    if (this.failing && this.clock.now() - this.#failedAt < RETRY_MILLISECONDS) return false;
    // There may be room for one content and not for two.
    const isStored = this.#store(session) || (this.remove(), this.#store(session));
    // What is stored is older than what is sent: worse than nothing.
    if (!isStored) this.remove();
    this.#failedAt = isStored ? null : this.clock.now();
    return isStored;
  }

  #store(session) {
    try {
      if (this.#baseEpoch !== session.epoch || !this.#hasBase()) this.#writeBase(session);
      this.storage.setItem(this.key, JSON.stringify(this.#record(session)));
      this.#dropOtherBases();
      return true;
    } catch {
      return false;
    }
  }

  #record({ type, epoch, checksum, inflight, pending, pendingCount, pendingSide, acknowledgedId }) {
    return {
      docType: type.name,
      clientId: this.clientId,
      epoch,
      baseVersion: this.#baseVersion,
      log: this.#log,
      checksum,
      acknowledgedId,
      inflight,
      pending,
      pendingCount,
      pendingSide,
      savedAt: this.clock.now(),
    };
  }

  get #baseKey() {
    return `${this.key}:base:${this.#baseVersion}`;
  }

  /** Also asked of the storage: somebody may have cleared it, and a record without its base is lost. */
  #hasBase() {
    return this.#baseVersion !== null && keysOf(this.storage, this.#baseKey).includes(this.#baseKey);
  }

  #writeBase(session) {
    const base = JSON.stringify(session.confirmed.content);
    this.storage.setItem(`${this.key}:base:${session.version}`, base);
    this.#baseVersion = session.version;
    this.#baseEpoch = session.epoch;
    this.#log = [];
    this.#logBytes = 0;
  }

  #dropOtherBases() {
    for (const key of keysOf(this.storage, `${this.key}:base:`)) {
      if (key !== this.#baseKey) this.storage.removeItem(key);
    }
  }

  /** Nothing is left to be kept. */
  remove() {
    for (const key of keysOf(this.storage, `${this.key}:base:`)) this.storage.removeItem(key);
    this.storage.removeItem(this.key);
    this.forgetBase();
  }

  /**
   * Bring `session` back to where the record left it.
   * @returns {boolean} false: there is no usable record
   */
  restore(session) {
    const record = readRecord(this.storage, this.key);
    if (!record || record.docType !== session.type.name) return false;
    const base = this.storage.getItem(`${this.key}:base:${record.baseVersion}`);
    if (base === null) return false;
    try {
      session.restore(session.type.create(JSON.parse(base)), record);
    } catch {
      return false;
    }
    this.#baseVersion = record.baseVersion;
    this.#baseEpoch = record.epoch;
    this.#log = record.log;
    this.#logBytes = JSON.stringify(record.log).length;
    return true;
  }
}

/** Records of one page, one document and one user only meet each other. */
export const scopeOf = (url, docId, userId) => [url, docId, userId ?? ""].map(encodeURIComponent).join(":");

/** The clients of this scope whose records hold something unacknowledged; old rests are removed. */
export function unfinished(storage, scope, clock) {
  const prefix = `collab:${scope}:`;
  const found = [];
  for (const key of keysOf(storage, prefix)) {
    const clientId = key.slice(prefix.length);
    if (clientId.includes(":")) continue;
    const record = readRecord(storage, key);
    const unsaved = Boolean(record?.inflight || record?.pending);
    if (unsaved) found.push({ clientId, savedAt: record.savedAt });
    else if (!(record?.savedAt > clock.now() - ABANDONED_MILLISECONDS)) {
      new Journal(storage, scope, clientId, clock).remove();
    }
  }
  return found.sort((one, other) => one.savedAt - other.savedAt).map(({ clientId }) => clientId);
}
