/**
 * The state machine of one editor: no I/O, no clock.
 *
 *     confirmed content (version) ── inflight ── pending ──▶ content, as the user sees it
 *
 * `inflight` is the one edit that is sent and not acknowledged. What was sent of it is frozen
 * (`version`, `operation`); `current` is the same change, moved along to the confirmed version.
 * Pending is everything typed since.
 *
 * An own change that does not go together with one of the stream is taken back: the server refuses it,
 * too, unless later changes make room for it. Until the server has said so the edit stays inflight.
 *
 * @typedef {object} Step of the stream
 * @property {object} operation as committed
 * @property {object | null} local the same as it was applied to `content`; null: that has it already
 */

import { Chunk } from "./chunk.js";
import { Confirmed } from "./confirmed.js";
import { Inflight } from "./inflight.js";
import { same } from "./ot/same.js";
import { Pending, composed } from "./pending.js";
import { leading, rebase } from "./rebase.js";
import { Shown } from "./shown.js";

/** The stream went on in a way that this editor can't follow; the last sure version still holds. */
export class StreamGap extends Error {}

export class Session {
  #shown;
  #pending;
  #lost = [];
  #end = null; // of what was written here last; null: not known

  /** @param {object} type from `getType` */
  constructor(type, { content = type.create(), version = 0, epoch = null, checksum = null } = {}) {
    this.type = type;
    this.content = content;
    this.confirmed = new Confirmed(type, content);
    this.version = version;
    this.epoch = epoch;
    /** What the server told to know this version by; null: nothing. */
    this.checksum = checksum;
    this.clientId = null;
    this.acknowledgedId = 0;
    /** @type {Inflight | null} */
    this.inflight = null;
    this.#pending = new Pending(type);
  }

  /** As the user sees it; to ask for it makes the next change dearer where that is large. */
  get content() {
    return this.#shown.content;
  }

  set content(content) {
    this.#shown = new Shown(this.type, content);
  }

  /** @returns {() => any} gives `content` as it is now, whenever it is asked for */
  moment() {
    return this.#shown.moment();
  }

  /** How many local changes are not acknowledged. */
  get unsaved() {
    return (this.inflight?.count ?? 0) + this.#pending.count;
  }

  /** All that is not sent as one operation, for the journal; null for nothing. It takes long if that is much. */
  get pending() {
    const pending = this.#pending.operation;
    const kept = composed(this.type, this.inflight?.kept ?? []);
    return kept && pending ? this.type.compose(kept, pending) : kept ?? pending;
  }

  /** That of a chunk of all that is not sent. */
  get pendingSide() {
    return this.continues && !this.inflight?.isTakenBack ? "left" : "right";
  }

  get pendingCount() {
    return this.#pending.count + (this.inflight?.isTakenBack ? this.inflight.count : 0);
  }

  /** A local change in the form that `repair` gives, on the content as it is now. */
  edit(operation) {
    this.#shown.apply(operation);
    this.#add(operation);
  }

  /**
   * A local change, as somebody has made it on the content as it is now.
   * @returns {object} the operation as it was applied
   * @throws {RangeError} it does not fit
   */
  repair(operation) {
    const repaired = this.#shown.repair(operation);
    if (!this.type.isEmpty(repaired)) this.#add(repaired);
    return repaired;
  }

  #add(operation) {
    const written = this.type.written?.(operation) ?? null;
    this.#pending.add(operation, written && written.from === this.#end ? "left" : "right");
    this.#end = written?.to ?? this.#endAfter(operation, true);
  }

  #endAfter(operation, own) {
    return this.#end && this.type.transformCursor(this.#end, operation, own);
  }

  /** Whether what is sent next goes on with what was written before: nothing of others is to come in between. */
  get continues() {
    return this.#pending.continues;
  }

  /**
   * Freeze the next edit to send: at most about `bytes` of what is pending.
   * @returns {Inflight | null} null if one is unacknowledged already or nothing is pending
   */
  freeze(bytes = Infinity) {
    if (this.inflight || this.#pending.chunks.length === 0) return null;
    const { clientId, acknowledgedId, version } = this;
    this.inflight = new Inflight(this.#pending.take(bytes).sent(this.type), { clientId, id: acknowledgedId + 1, version });
    return this.inflight;
  }

  /** Whether the inflight edit may have been accepted under a `clientId` that was given up. */
  get inDoubt() {
    return this.inflight !== null && this.inflight.clientId !== this.clientId;
  }

  /** Forget what is pending if it comes to nothing. */
  tidy() {
    this.#pending.tidy();
  }

  /** The inflight edit was refused, its id is not used up: its change is pending again. */
  thaw() {
    if (!this.inflight) return;
    this.#pending.putFirst(this.inflight.chunks);
    this.inflight = null;
  }

  /** All that is pending is to be sent as one edit, if that is possible: only together it may fit. */
  unite() {
    this.#pending.unite();
  }

  /**
   * The server says that edit `id` has `version`.
   * @returns {Step | null} null if the ack told nothing new
   * @throws {StreamGap, RangeError} the content is not what it was taken for
   */
  acknowledge(id, version, checksum = null) {
    if (version <= this.version) {
      if (id <= this.acknowledgedId) return null;
      throw new RangeError(`edit ${id} is part of version ${version} already`);
    }
    this.#follow(version);
    if (this.inflight?.id !== id || this.inflight.clientId !== this.clientId) {
      throw new StreamGap(`edit ${id} was acknowledged, but is not known here`);
    }
    return this.#confirm(checksum);
  }

  /** The inflight edit turned out to be committed as the next version. */
  #confirm(checksum) {
    const { id, clientId, current, isTakenBack } = this.inflight;
    if (current === null) throw new RangeError(`edit ${id} was accepted, and is not known any more`);
    const step = isTakenBack ? this.#passage(current, true) : { operation: current, local: null };
    this.inflight = null;
    if (clientId === this.clientId) this.acknowledgedId = id;
    this.version += 1;
    this.checksum = checksum;
    this.confirmed.advance(current);
    return step;
  }

  /**
   * A change of somebody, committed as `version`.
   * @returns {object} the same change as it applies to `content`
   * @throws {StreamGap, RangeError} the content is not what it was taken for
   */
  receive(operation, version, checksum = null) {
    this.#follow(version);
    const step = this.#passage(operation);
    if (this.inflight?.isTakenBack) this.inflight.passOver(this.type, operation);
    this.confirmed.advance(operation);
    this.version = version;
    this.checksum = checksum;
    return step.local;
  }

  /** An operation on the confirmed content passes through all that is not confirmed, or takes its place. */
  #passage(operation, takesPlace = false) {
    try {
      if (!takesPlace) return this.#straight(operation);
    } catch {
      // Something of one's own is in the way.
    }
    return this.#around(operation, takesPlace);
  }

  #straight(operation) {
    const { type, inflight } = this;
    let local = operation;
    const crossed = (chunk) => {
      const [moved, passed] = chunk.crossing(type, local);
      local = passed;
      return moved;
    };
    const first = inflight?.chunks.map(crossed);
    const pending = this.#pending.chunks.map(crossed);
    this.#shown.apply(local);
    this.#end = this.#endAfter(local, false);
    inflight?.follow(first);
    this.#pending.chunks = pending;
    return { operation, local };
  }

  /** The own changes that don't go together with the operation are taken back, one by one. */
  #around(operation, takesPlace = false) {
    const { type, inflight, confirmed } = this;
    const own = [{ chunks: inflight?.chunks ?? [], drop: takesPlace }, { chunks: this.#pending.chunks }];
    const { content, groups } = rebase(type, confirmed.content, operation, own);
    const [first, pending] = groups;
    this.#lost.push(...(takesPlace ? [] : first.lost), ...pending.lost);
    const isWhole = first.chunks.length === 1 && first.lost.length === 0;
    if (isWhole) inflight.follow(first.chunks);
    else inflight?.takeBack(first.chunks);
    const local = leading(type, this.content, operation, content);
    this.#end = null;
    this.#pending.chunks = pending.chunks;
    this.content = content;
    return { operation, local };
  }

  /**
   * The server refused the inflight edit. What of it does not fit the confirmed content is taken back.
   * @returns {Step | null} null if all of it fits: the reason is another one
   */
  takeBack() {
    const { type, inflight, confirmed } = this;
    try {
      type.apply(confirmed.content, inflight.current);
      return null;
    } catch {
      const step = this.#around(type.empty);
      this.thaw();
      return step;
    }
  }

  /** @returns {import("./rebase.js").Lost[]} what was taken back since this was asked last */
  takeLost() {
    return this.#lost.splice(0);
  }

  /**
   * A change that came under the former `clientId` of the inflight edit. It is that edit if it says
   * the same; what else comes under that id is of another editor that shares it by mistake.
   * @returns {Step | null} if it was that edit, now confirmed; else null
   * @throws {StreamGap}
   */
  recognise(operation, version, checksum = null) {
    const { current } = this.inflight;
    if (version !== this.version + 1 || current === null || !this.#same(operation, current)) return null;
    return this.#confirm(checksum);
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
  reset(content, version, epoch, checksum = null) {
    const change = this.type.difference(this.content, content);
    this.confirmed = new Confirmed(this.type, content);
    this.#pending = new Pending(this.type);
    this.#end = null;
    Object.assign(this, { content, version, epoch, checksum, inflight: null });
    return change;
  }

  /**
   * A record of a journal: `base` at `baseVersion`, then what was committed, sent and typed.
   * @throws {RangeError} they do not fit each other; the session is unchanged
   */
  restore(base, record) {
    const { baseVersion, log, epoch, checksum = null, inflight, pending, pendingCount, pendingSide } = record;
    const confirmed = new Confirmed(this.type, base);
    log.forEach((operation) => confirmed.advance(operation));
    const unsaved = [inflight?.current, pending].filter(Boolean);
    const content = unsaved.reduce((before, operation) => this.type.apply(before, operation), confirmed.content);
    const version = baseVersion + log.length;
    const sent = inflight && new Inflight(new Chunk(inflight.current, inflight.count), inflight);
    Object.assign(this, { confirmed, content, version, epoch, checksum, inflight: sent });
    this.#pending = new Pending(this.type, pending ? [new Chunk(pending, pendingCount, pendingSide)] : []);
    this.identify(record.clientId, record.acknowledgedId);
  }

  /** A place in the confirmed content at `version` as one in `content`. */
  toLocal(offset) {
    const chunks = [...(this.inflight?.chunks ?? []), ...this.#pending.chunks];
    return chunks.reduce((at, { operation }) => this.type.transformCursor(at, operation, false), offset);
  }
}
