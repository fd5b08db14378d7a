/**
 * What goes to the server, and what becomes of it: at most one edit is on its way, frozen as it was
 * first sent, until it is acknowledged or refused.
 */

import { Backoff } from "./backoff.js";
import { EDIT_BYTES } from "./pending.js";
import { adviceFor, policyFor } from "./policy.js";

/** Another edit may fit where this one did not. */
const ANOTHER_MAY_FIT = new Set(["document_full", "too_large"]);

/** So long after a connect, or what was sent again then, is what others did meanwhile waited for. */
export const CATCH_UP_MILLISECONDS = 100;

export class Outbox {
  #fence = null; // {clientId, id, version} of the empty edit that settles a doubt
  #waits;
  #timer = null;
  #isSentAgain = false;
  #catchingUp = null; // the timer of the end of it

  /**
   * @param {object} parts
   * @param {import("./session.js").Session} parts.session
   * @param {import("./save_state.js").SaveState} parts.saveState
   * @param {import("./local_persistence.js").LocalPersistence} parts.persistence
   * @param {(frame: object) => boolean} parts.send on the open connection
   * @param {() => boolean} parts.maySend connected, and allowed to edit
   * @param {import("./clock.js").Clock} parts.clock
   * @param {() => number} [parts.random]
   */
  constructor({ session, saveState, persistence, send, maySend, clock, random }) {
    Object.assign(this, { session, saveState, persistence, send, maySend, clock });
    this.#waits = new Backoff({ random });
  }

  /** The highest id that the server may know of this client_id. */
  get lastSentId() {
    const { inflight, inDoubt, acknowledgedId } = this.session;
    return this.#fence || (inflight && !inDoubt) ? acknowledgedId + 1 : acknowledgedId;
  }

  /** The id of what was sent under this client_id and is sent again on the next open; null: nothing. */
  get inflightId() {
    const { lastSentId } = this;
    return lastSentId > this.session.acknowledgedId ? lastSentId : null;
  }

  /** On every open: what was sent and not acknowledged goes out again at once. */
  resend() {
    this.#isSentAgain = !this.#fence && !this.session.inDoubt && this.session.inflight !== null;
    if (this.#fence || this.session.inDoubt) this.#raiseFence();
    else if (this.#isSentAgain) this.#sendInflight();
    else {
      this.#catchUp();
      this.flush();
    }
  }

  /**
   * What goes on with a word of before must not be sent on a version of before: the server puts it behind what
   * others have written at that place since, here it stays with the word.
   */
  #catchUp() {
    this.#isSentAgain = false;
    this.#endCatchUp();
    if (!this.session.continues) return;
    this.#catchingUp = this.clock.set(() => {
      this.#catchingUp = null;
      this.flush();
    }, CATCH_UP_MILLISECONDS);
  }

  #endCatchUp() {
    this.clock.clear(this.#catchingUp);
    this.#catchingUp = null;
  }

  /** Send what is pending, unless something is on its way. */
  flush() {
    if (this.#catchingUp !== null || !this.maySend() || this.#fence || this.saveState.error || this.session.inflight) return;
    this.session.tidy();
    if (!this.session.freeze(EDIT_BYTES)) return;
    // Write-ahead: see journal.js.
    this.persistence.writeNow();
    this.#sendInflight();
  }

  #sendInflight() {
    const { id, version, operation } = this.session.inflight;
    this.send({ type: "edit", id, version, operation });
  }

  /**
   * The inflight edit was sent under a client_id that was given up, and may have been accepted. An
   * empty edit under the new one comes after it in the document's order: what has not come by the
   * time that the empty one is acknowledged was not accepted, and never will be.
   */
  #raiseFence() {
    const { clientId, acknowledgedId, version } = this.session;
    if (this.#fence?.clientId !== clientId) this.#fence = { clientId, id: acknowledgedId + 1, version };
    this.send({ type: "edit", id: this.#fence.id, version: this.#fence.version, operation: this.session.type.empty });
  }

  /**
   * An ack has come.
   * @returns {import("./session.js").Step | null} null if it told nothing new
   */
  acknowledged(id, version, checksum) {
    const reached = this.#fence?.id === id;
    const step = reached ? this.#fenceReached(id, version, checksum) : this.session.acknowledge(id, version, checksum);
    if (!this.session.inflight) this.#sentWell();
    if (step && this.#isSentAgain) this.#catchUp();
    return step;
  }

  #fenceReached(id, version, checksum) {
    const { empty } = this.session.type;
    this.session.receive(empty, version, checksum);
    this.session.identify(this.#fence.clientId, id);
    this.#fence = null;
    if (this.session.inDoubt) this.thaw();
    return { operation: empty, local: null };
  }

  #sentWell() {
    this.#waits.reset();
    this.clock.clear(this.#timer);
    const { error } = this.saveState;
    if (error && (policyFor(error.code) === "again" || this.session.unsaved === 0)) this.saveState.error = null;
  }

  /** The inflight edit was not accepted: its change is pending again. */
  thaw() {
    this.saveState.thawed();
    this.session.thaw();
  }

  /** Whether edit `id` was taken back already: to be told that it is refused is no news. */
  isTakenBack(id) {
    const { inflight } = this.session;
    return !this.#fence && inflight !== null && id === inflight.id && inflight.isTakenBack;
  }

  /**
   * The server refused edit `id` for what it does.
   * @returns {import("./session.js").Step | null} what of it has no place any more was taken back; null if all of
   *   it has, as far as is known here
   */
  misfit(id) {
    const { inflight, inDoubt } = this.session;
    if (this.#fence || inflight === null || id !== inflight.id || inDoubt) return null;
    const step = this.session.takeBack();
    if (step) this.saveState.thawed();
    return step;
  }

  /**
   * Some of the edits were taken back: what was refused because of them may be sent again without them.
   */
  takenBack() {
    if (this.saveState.error?.code === "invalid_operation") this.saveState.error = null;
    this.flush();
  }

  /**
   * An error frame answers what is on its way.
   * @returns {"renew" | "reconnect" | null} what the connection has to do
   */
  refused(error, id) {
    if (id !== (this.#fence?.id ?? this.session.inflight?.id)) return null;
    const policy = policyFor(error.code);
    // Refused for its order, it is not what is stored under its id.
    if (policy === "renew" && !this.#fence) this.thaw();
    if (policy === "renew" || policy === "reconnect") return policy;
    if (policy !== "refused") this.#tryAgain(policy, error);
    else if (this.isTakenBack(id)) this.#withoutIt();
    else this.fail(error);
    return null;
  }

  #withoutIt() {
    this.thaw();
    this.flush();
  }

  #tryAgain(policy, error) {
    if (policy === "again") this.saveState.error = error;
    else if (this.#fence) this.#fence = null;
    else this.thaw();
    this.clock.clear(this.#timer);
    this.#timer = this.clock.set(() => this.maySend() && this.resend(), this.#waits.next());
  }

  /** The change stays, here and on this device; it is not sent again before something changes. */
  fail(error) {
    this.#fence = null;
    if (!this.session.inDoubt) this.thaw();
    if (ANOTHER_MAY_FIT.has(error.code)) this.session.unite();
    this.hold(error);
  }

  /** Nothing new is sent before something changes; what is on its way stays so. */
  hold({ code, message }) {
    this.saveState.error = { code, message, advice: adviceFor(code, message) };
    this.persistence.writeSoon();
  }

  /** The user has changed something: what did not fit may fit now. */
  edited() {
    if (ANOTHER_MAY_FIT.has(this.saveState.error?.code)) this.saveState.error = null;
    this.flush();
  }

  /** A new identity, or another content: no fence of the old one means anything any more. */
  forgetFence() {
    this.#fence = null;
  }

  stop() {
    this.#endCatchUp();
    this.clock.clear(this.#timer);
  }
}
