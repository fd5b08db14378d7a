/**
 * Keeps what is unsaved on this device: takes the lock of a `client_id`, writes its journal, and holds what
 * could not be merged (the rescued) until the user has decided.
 */

import { clientIdLocksFor } from "./client_id_lock.js";
import { newIdentifier } from "./identifier.js";
import { Journal, RETRY_MILLISECONDS, unfinished } from "./journal.js";

const WRITE_MILLISECONDS = 150;

export class LocalPersistence {
  #locks;
  #journal = null;
  #release = null;
  #timer = null;
  #closed = false;

  /**
   * @param {object} options
   * @param {Storage | null} options.storage null keeps nothing
   * @param {string} options.scope
   * @param {import("./session.js").Session} options.session
   * @param {import("./clock.js").Clock} options.clock
   * @param {() => number} [options.random]
   * @param {import("./client_id_lock.js").ClientIdLocks} [options.clientIdLocks]
   * @param {EventTarget | null} [options.events] tells `storage`; the browser's window
   * @param {() => void} [options.onChange] `localCopy` has changed
   */
  constructor({ storage, scope, session, clock, random, clientIdLocks, events, onChange = () => {} }) {
    Object.assign(this, { storage, scope, session, clock, random, onChange });
    this.#locks = storage ? (clientIdLocks ?? clientIdLocksFor(storage, { clock, events })) : null;
  }

  /** False: there is a storage, but it did not take the last write. */
  get localCopy() {
    return Boolean(this.#journal) && !this.#journal.failing;
  }

  /**
   * Take a `client_id`: `clientId` if given, else that of an editor that ended with something
   * unsaved, which is taken up where it was left, else a new one.
   * @returns {Promise<string | null>} null: the given one is used by another tab
   */
  async open(clientId) {
    if (!this.storage) return clientId ?? this.newId();
    const candidates = clientId ? [clientId] : unfinished(this.storage, this.scope, this.clock);
    for (const candidate of candidates) {
      if (await this.#acquire(candidate)) {
        this.#journal.restore(this.session);
        return candidate;
      }
    }
    if (clientId) return null;
    const fresh = this.newId();
    await this.#acquire(fresh, { isNew: true });
    return fresh;
  }

  newId() {
    return newIdentifier(this.random);
  }

  async #acquire(clientId, options) {
    const journal = new Journal(this.storage, this.scope, clientId, this.clock);
    const release = await this.#locks.acquire(journal.key, options);
    if (!release) return false;
    if (this.#closed) {
      release();
      return false;
    }
    this.#journal = journal;
    this.#release = release;
    return true;
  }

  /** Go on under another `client_id`: what is kept is kept under it from now on. */
  renew(clientId) {
    if (!this.storage) return;
    const [journal, release] = [this.#journal, this.#release];
    this.#journal = new Journal(this.storage, this.scope, clientId, this.clock);
    this.#release = null;
    // Nobody else can know the new name: it is ours at once.
    const acquired = this.#locks.acquire(this.#journal.key, { isNew: true }).then((given) => {
      if (this.#closed) given?.();
      else this.#release = given;
    });
    // Where locks are forbidden, so that none is given, the name is ours all the same.
    acquired.catch(() => {});
    if (this.session.unsaved > 0) this.writeNow();
    journal?.remove();
    release?.();
  }

  committed(operation) {
    this.#journal?.committed(operation);
  }

  /** The content was replaced: the next write stores it anew. */
  replaced() {
    this.#journal?.forgetBase();
    this.writeSoon();
  }

  /** What is kept here is kept elsewhere from now on. */
  makeRoom() {
    this.#journal?.remove();
  }

  writeSoon() {
    if (!this.#journal) return;
    this.#timer ??= this.clock.set(() => this.writeNow(), WRITE_MILLISECONDS);
  }

  writeNow() {
    this.clock.clear(this.#timer);
    this.#timer = null;
    if (!this.#journal) return;
    const wasKept = this.localCopy;
    this.#journal.write(this.session);
    if (!this.localCopy) this.#timer = this.clock.set(() => this.writeNow(), RETRY_MILLISECONDS);
    if (this.localCopy !== wasKept) this.onChange();
  }

  /** The page may end now: leave behind what the next one needs, and nothing else. */
  settle() {
    if (!this.#journal) return;
    this.clock.clear(this.#timer);
    this.#timer = null;
    if (this.session.unsaved > 0) this.#journal.write(this.session);
    else this.#journal.remove();
  }

  close() {
    if (this.#closed) return;
    this.settle();
    this.#closed = true;
    this.#release?.();
    this.#release = null;
  }
}
