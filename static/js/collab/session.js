/**
 * The state machine of one editor: no I/O, no clock.
 *
 *     confirmed content (version) ── inflight ── pending ──▶ content, as the user sees it
 *
 * `inflight` is the one edit that is sent and not acknowledged. What was sent of it is frozen
 * (`version`, `operation`); `current` is the same change, moved along to the confirmed version.
 * `pending` is everything typed since, composed.
 *
 * @typedef {object} Inflight
 * @property {string} clientId under which it was sent
 * @property {number} id
 * @property {number} version
 * @property {object} operation
 * @property {object} current
 * @property {number} count how many local changes it holds
 */

import { Confirmed } from "./confirmed.js";
import { same } from "./ot/same.js";

/** The stream went on in a way that this editor can't follow; the last sure version still holds. */
export class StreamGap extends Error {}

export class Session {
  /** @param {object} type from `getType` */
  constructor(type, { content = type.create(), version = 0, epoch = null } = {}) {
    this.type = type;
    this.content = content;
    this.confirmed = new Confirmed(type, content);
    this.version = version;
    this.epoch = epoch;
    this.clientId = null;
    this.acknowledgedId = 0;
    /** @type {Inflight | null} */
    this.inflight = null;
    this.pending = null;
    this.pendingCount = 0;
  }

  /** How many local changes are not acknowledged. */
  get unsaved() {
    return (this.inflight?.count ?? 0) + this.pendingCount;
  }

  /** A local change, on the content as it is now. */
  edit(operation) {
    this.content = this.type.apply(this.content, operation);
    this.pending = this.pending ? this.type.compose(this.pending, operation) : operation;
    this.pendingCount += 1;
  }

  /**
   * Freeze the next edit to send: at most about `bytes` of what is pending.
   * @returns {Inflight | null} null if one is unacknowledged already or nothing is pending
   */
  freeze(bytes = Infinity) {
    if (this.inflight || !this.pending) return null;
    const [operation, rest] =
      bytes === Infinity ? [this.pending, null] : this.type.split(this.pending, bytes);
    const count = rest ? 0 : this.pendingCount;
    this.inflight = {
      clientId: this.clientId,
      id: this.acknowledgedId + 1,
      version: this.version,
      operation,
      current: operation,
      count,
    };
    this.pending = rest;
    this.pendingCount -= count;
    return this.inflight;
  }

  /** Whether the inflight edit may have been accepted under a `clientId` that was given up. */
  get inDoubt() {
    return this.inflight !== null && this.inflight.clientId !== this.clientId;
  }

  /** Forget what is pending if it comes to nothing. */
  tidy() {
    if (!this.pending || !this.type.isEmpty(this.pending)) return;
    this.pending = null;
    this.pendingCount = 0;
  }

  /** The inflight edit was refused, its id is not used up: its change is pending again. */
  thaw() {
    const { inflight } = this;
    if (!inflight) return;
    this.pending = this.pending
      ? this.type.compose(inflight.current, this.pending)
      : inflight.current;
    this.pendingCount += inflight.count;
    this.inflight = null;
  }

  /**
   * The server says that edit `id` has `version`.
   * @returns {object | null} the operation as committed; null if the ack told nothing new
   * @throws {StreamGap, RangeError} the content is not what it was taken for
   */
  acknowledge(id, version) {
    if (version <= this.version) {
      if (id <= this.acknowledgedId) return null;
      throw new RangeError(`edit ${id} is part of version ${version} already`);
    }
    this.#follow(version);
    if (this.inflight?.id !== id || this.inflight.clientId !== this.clientId) {
      throw new StreamGap(`edit ${id} was acknowledged, but is not known here`);
    }
    return this.#confirm();
  }

  /** The inflight edit turned out to be committed as `version`. */
  #confirm() {
    const { id, clientId, current } = this.inflight;
    this.version += 1;
    this.confirmed.advance(current);
    if (clientId === this.clientId) this.acknowledgedId = id;
    this.inflight = null;
    return current;
  }

  /**
   * A change of somebody, committed as `version`.
   * @returns {object} the same change as it applies to `content`
   * @throws {StreamGap}
   */
  receive(operation, version) {
    this.#follow(version);
    const { type } = this;
    this.confirmed.advance(operation);
    let local = operation;
    if (this.inflight) {
      const { current } = this.inflight;
      this.inflight.current = type.transform(current, local, "right");
      local = type.transform(local, current, "left");
    }
    if (this.pending) {
      const { pending } = this;
      this.pending = type.transform(pending, local, "right");
      local = type.transform(local, pending, "left");
    }
    this.content = type.apply(this.content, local);
    this.version = version;
    return local;
  }

  /**
   * A change that came under the former `clientId` of the inflight edit. It is that edit if it says
   * the same; what else comes under that id is of another editor that shares it by mistake.
   * @returns {object | null} the operation if it was that edit, now confirmed; else null
   * @throws {StreamGap}
   */
  recognise(operation, version) {
    const { current } = this.inflight;
    if (version !== this.version + 1 || !this.#same(operation, current)) return null;
    return this.#confirm();
  }

  #same(one, other) {
    const { type } = this;
    return same(type.normalize(one), type.normalize(other));
  }

  #follow(version) {
    if (version !== this.version + 1) {
      throw new StreamGap(`got version ${version}, expected ${this.version + 1}`);
    }
  }

  /** From here on under this `clientId`, of which the server has accepted edits up to `lastId`. */
  identify(clientId, lastId) {
    this.clientId = clientId;
    this.acknowledgedId = lastId;
  }

  /**
   * Start from the server's content. What was not acknowledged is dropped: keep it elsewhere first.
   * @returns {object} the operation that turned the old content into the new
   */
  reset(content, version, epoch) {
    const change = this.type.difference(this.content, content);
    this.confirmed = new Confirmed(this.type, content);
    Object.assign(this, { content, version, epoch, inflight: null, pending: null, pendingCount: 0 });
    return change;
  }

  /**
   * A record of a journal: `base` at `baseVersion`, then what was committed, sent and typed.
   * @throws {RangeError} they do not fit each other; the session is unchanged
   */
  restore(base, record) {
    const { baseVersion, log, epoch, inflight, pending, pendingCount } = record;
    const confirmed = new Confirmed(this.type, base);
    log.forEach((operation) => confirmed.advance(operation));
    const unsaved = [inflight?.current, pending].filter(Boolean);
    const content = unsaved.reduce((before, operation) => this.type.apply(before, operation), confirmed.content);
    const version = baseVersion + log.length;
    Object.assign(this, { confirmed, content, version, epoch, inflight, pending, pendingCount });
    this.identify(record.clientId, record.acknowledgedId);
  }

  /** A place in the confirmed content at `version` as one in `content`. */
  toLocal(offset) {
    for (const operation of [this.inflight?.current, this.pending]) {
      if (operation) offset = this.type.transformCursor(offset, operation, false);
    }
    return offset;
  }
}
