/**
 * A shared document as an editor sees it: content, changes, who is here, how safe the work is.
 *
 * Safety: nothing typed is dropped until the server acknowledged it or the user gave it up; each
 * change is applied once, by (client_id, id), whatever is lost on the way. Liveness: on every open the
 * unacknowledged edit is sent again at once, and whatever the stream does that can't be followed
 * ends in a new connection from the last sure version.
 *
 * Events (`on(name, listener)`):
 *   change    {operation, origin: "local" | "remote" | "reset", before, clientId, userId}: apply it to the
 *             widget; `before` is the content that it was made on
 *   presence  somebody's cursor or data, or one moved along: look at `users`
 *   users     somebody came or went: look at `users`
 *   status    save_state.js's Status
 *   error     {code, message, advice}: something was refused; with {operation, content} a change was taken
 *             back that others left no place for, see `takenBack`
 *   rescued   the server's document is another one: look at `rescued`
 *   disconnected  {code, wasJoined}: a connection has ended, or was not made; there will be another attempt
 *   closed    {code}: it was deleted, or does not exist; no more attempts are made
 *   end       `close` was called
 */

import { systemClock } from "./clock.js";
import { Connection, isDenial } from "./connection.js";
import { Emitter } from "./events.js";
import { scopeOf } from "./journal.js";
import { LocalPersistence } from "./local_persistence.js";
import { getType } from "./ot/registry.js";
import { Outbox } from "./outbox.js";
import { LocalCursor } from "./local_cursor.js";
import { adviceFor } from "./policy.js";
import { Presence } from "./presence.js";
import { Rescued } from "./rescued.js";
import { SaveState } from "./save_state.js";
import { Session, StreamGap } from "./session.js";
import { socketUrl } from "./url.js";

const DELETED = 4410;
const NOT_FOUND = 4404;
const TAKEN_OVER = 4409;
const TOO_BIG = 1009;
const POLICY = 1008;
const WRONG_TYPE = "wrong_doc_type";
const TAKEN_BACK = "This change does not fit what others changed at the same time. It was taken back.";
const MAX_TAKEN_BACK = 100;
/** So many handshakes in a row are refused before another `client_id` is tried. */
const REFUSALS = 3;
const DENIALS = { 400: "invalid_request", 401: "unauthorized", 403: "no_access" };
const GONE = new Set(["document_deleted", "not_found", WRONG_TYPE]);

export class CollabDocument extends Emitter {
  #session;
  #connection;
  #presence;
  #cursor;
  #saveState;
  #persistence;
  #rescued;
  #stopHearing;
  #putBack = null; // the id of the rescued content that is in the document again, but not acknowledged
  #forgotten = false; // the server does not know any more what it had acknowledged
  #stateVersion = 0; // of the last `document_state`
  #options;
  #joined = false;
  #takenBack = [];
  #candidate = null; // a client_id that is tried, in case that the present one is why nobody lets us in
  #refusals = 0; // handshakes under the present client_id, in a row
  #isForbidden = false; // the connection that is being made, as an error frame said
  #afresh = false; // what is held here does not fit the stream: ask for the whole document
  #outbox;
  #resolveReady;
  #unsuitable = null; // the code of the refusal, if the document can't be edited here at all
  #ended = false;

  /** See `connect` for the options. */
  constructor(options) {
    super();
    checkOptions(options);
    const { docType = "text", storage = null, clock = systemClock, random } = options;
    this.#options = { docType, clock, ...options };
    this.#session = new Session(getType(docType));
    this.#saveState = new SaveState(clock, () => {
      // An edit waits: is there still somebody at the other end?
      this.#connection.probe();
      this.#tellStatus();
    });
    this.#presence = new Presence(this.#session);
    this.#cursor = new LocalCursor(this.#session, (frame) => this.#joined && this.#connection.send(frame), clock);
    const scope = scopeOf(options.url, options.docId, options.userId);
    const onChange = () => this.#tellStatus();
    this.#persistence = new LocalPersistence({ ...options, storage, clock, scope, session: this.#session, onChange });
    this.#rescued = options.rescued ?? new Rescued(storage, scope, { ...options, clock });
    this.#stopHearing = this.#rescued.on("change", () => this.#rescuedChanged());
    this.#outbox = new Outbox({
      session: this.#session,
      saveState: this.#saveState,
      persistence: this.#persistence,
      send: (frame) => this.#connection.send(frame),
      maySend: () => this.#joined && this.user.role !== "viewer",
      clock,
      random,
    });
    this.#connection = new Connection({
      ...options,
      clock,
      url: () => this.#address(),
      onFrame: (frame) => this.#receive(frame),
      onClose: (code, reason, refusal) => this.#closed(code, reason, refusal),
    });
    this.user = null;
    /** Resolved once there is content to show; false if this `client_id` is used elsewhere. */
    this.ready = new Promise((resolve) => (this.#resolveReady = resolve));
    this.#start(options.clientId);
  }

  /** Of the next attempt; a promise of it where the token is one. */
  #address() {
    const { token } = this.#options;
    const given = typeof token === "function" ? token() : token;
    return typeof given?.then === "function" ? given.then((text) => this.#addressWith(text)) : this.#addressWith(given);
  }

  #addressWith(token) {
    const { version, epoch, checksum } = this.#session;
    const clientId = this.#candidate ?? this.#session.clientId;
    const inflight = this.#candidate ? null : this.#outbox.inflightId;
    const resume = epoch !== null && !this.#afresh ? { version, epoch, checksum, inflight } : {};
    return socketUrl({ ...this.#options, token, clientId, ...resume });
  }

  async #start(clientId) {
    // A storage that is forbidden keeps nothing, and is no reason to edit nothing.
    const identity = await this.#persistence.open(clientId).catch(() => clientId ?? this.#persistence.newId());
    if (this.#ended || identity === null) return void this.#resolveReady(false);
    this.#session.clientId = identity;
    if (this.#session.epoch !== null) this.#show();
    if (this.rescued) this.#rescuedChanged();
    this.#connection.start();
  }

  #show() {
    this.#resolveReady(true);
    this.#observe();
  }

  // -- what an editor uses ----------------------------------------------------------------------

  get docId() {
    return this.#options.docId;
  }

  get docType() {
    return this.#options.docType;
  }

  /** What `getType(docType)` knows of such content. */
  get type() {
    return this.#session.type;
  }

  /** A value of the type's own, never to be changed in place: `edit` makes the next one. */
  get content() {
    return this.#session.content;
  }

  /** The newest version of the document that is known here. */
  get version() {
    return this.#session.version;
  }

  get clientId() {
    return this.#session.clientId;
  }

  get isReady() {
    return this.#session.epoch !== null;
  }

  get mayEdit() {
    const isGone = GONE.has(this.#saveState.error?.code);
    return this.isReady && this.user?.role !== "viewer" && !isGone && !this.#ended;
  }

  /** @returns {import("./presence.js").Editor[]} the others */
  get users() {
    return [...this.#presence.editors.values()];
  }

  /** @returns {import("./save_state.js").Status} */
  get status() {
    const connected = this.#joined;
    const { localCopy } = this.#persistence;
    const readOnly = this.user?.role === "viewer";
    return this.#saveState.status({ unsaved: this.#session.unsaved, connected, localCopy, readOnly });
  }

  /** @returns {import("./rescued.js").Content | null} what the user is to decide about first */
  get rescued() {
    return this.#rescued.first;
  }

  get rescuedCount() {
    return this.#rescued.all.length;
  }

  /**
   * Something else that a person entered here, such as a title, is not stored: it counts in `status`.
   * @param {string} name @param {import("./save_state.js").Part | null} part null: it is stored
   */
  setUnsaved(name, part) {
    this.#saveState.setPart(name, part);
    this.#tellStatus();
  }

  /** Give up what `setUnsaved` was given under `name`: the user asks for it. */
  giveUp(name) {
    this.#saveState.part(name)?.giveUp?.();
  }

  /**
   * Changes of this editor that others left no place for: the last hundred, as {operation, content}, `content`
   * being what `operation` was made on.
   */
  get takenBack() {
    return this.#takenBack;
  }

  /**
   * A local change, made on `content` as it is now.
   * @returns {object} the operation as applied: in normal form, and no emoji cut in half
   * @throws {Error} not ready, read-only, closed; {TypeError, RangeError} it is not an operation on
   *   this content
   */
  edit(operation) {
    return this.#edit(operation, "local");
  }

  #edit(operation, origin) {
    if (!this.mayEdit) throw new Error("the document can't be edited: it is not ready, read-only or closed");
    const { type } = this.#session;
    type.check(operation);
    const before = this.#session.moment();
    const applied = this.#session.repair(operation);
    if (type.isEmpty(applied)) return applied;
    this.#presence.moved(applied, this.clientId);
    this.#cursor.moved(applied, true);
    this.#persistence.writeSoon();
    this.emit("change", this.#change(applied, origin, before, this.clientId, this.user?.user_id));
    this.#outbox.edited();
    this.#observe();
    return applied;
  }

  /** Where the own cursor is now in `content`: {anchor, head}, or null for nowhere. */
  setCursor(cursor) {
    this.#cursor.set(cursor);
  }

  /** Small JSON that the others get with the cursor. */
  setData(data) {
    this.#cursor.setData(data);
  }

  /** Be known to the others by this name; it takes a new connection. */
  setName(name) {
    this.#options.name = name;
    if (this.isReady) this.#leave({ now: true });
  }

  /** Try again what was refused, or to connect: the user asks for it. */
  retry() {
    this.#saveState.error = null;
    this.#saveState.parts.forEach((part) => part.retry?.());
    if (this.#joined) this.#outbox.resend();
    else this.#connection.start();
    this.#observe();
  }

  /** Connect at once rather than after a wait: something has changed that may let this page in. */
  connectNow() {
    if (!this.#ended) this.#connection.connectNow();
  }

  /**
   * Somebody has found out why there is no connection, which a browser does not tell: {code, message,
   * …}. Attempts go on, and the next one that succeeds takes it back.
   */
  deny(error) {
    if (this.#joined || GONE.has(this.#saveState.error?.code)) return;
    this.#saveState.error = { ...error, advice: adviceFor(error.code, error.message) };
    this.#observe();
  }

  /** Give up what is not acknowledged and go back to what the server has. */
  discard() {
    const { confirmed, version, epoch, checksum } = this.#session;
    if (this.#session.unsaved === 0) return;
    this.#saveState.error = null;
    // An edit that is under way may yet be accepted; another identity tells it apart.
    const mayArrive = this.#session.inflight !== null;
    this.#replace(confirmed.content, version, epoch, checksum);
    if (mayArrive) this.#renew();
  }

  /** Put a rescued content in place of the present one, as one ordinary edit. */
  reapplyRescued(id = this.rescued?.id) {
    const found = this.#rescued.all.find((each) => each.id === id);
    if (!found) return;
    // The widget hasn't made this change: it is to show it.
    this.#edit(this.#session.type.difference(this.content, found.content), "reset");
    this.#persistence.writeNow();
    // Without a copy on this device it is only given up once the server has it.
    if (this.#persistence.localCopy) this.discardRescued(id);
    else this.#putBack = id;
    this.#observe();
  }

  discardRescued(id = this.rescued?.id) {
    if (id !== undefined) this.#rescued.drop(id);
  }

  #rescuedChanged() {
    const { unkept } = this.#rescued;
    const count = unkept.reduce((sum, { unsaved }) => sum + Math.max(1, unsaved), 0);
    const error = { code: "not_kept", message: "the storage of this device took no more", advice: adviceFor("not_kept") };
    this.#saveState.setPart("rescued", count > 0 ? { unsaved: count, localCopy: false, error } : null);
    this.#tellStatus();
    this.emit("rescued", this.rescued);
  }

  /** The page may be about to end: see that all that is unsaved is on this device. */
  keep() {
    this.#rescued.keep();
    this.#persistence.settle();
  }

  /** Leave. What is unsaved stays on this device, for the next time. */
  close() {
    if (this.#ended) return;
    this.#ended = true;
    this.#joined = false;
    this.#connection.stop();
    this.#persistence.close();
    this.#stopHearing();
    if (!this.#options.rescued) this.#rescued.close();
    this.#cursor.stop();
    this.#saveState.stop();
    this.#outbox.stop();
    this.#resolveReady(false);
    this.emit("end", null);
  }

  // -- frames -----------------------------------------------------------------------------------

  #receive(frame) {
    if (!Object.hasOwn(this.#handlers, frame.type)) return;
    try {
      this.#handlers[frame.type](frame);
    } catch (error) {
      // A type may throw what it likes: what is held here is not what the server has.
      if (!(error instanceof StreamGap)) this.#afresh = true;
      this.#leave({ renew: frame.type === "ack" });
    }
    this.#observe();
  }

  #handlers = {
    document_state: (frame) => this.#stated(frame),
    document_resumed: (frame) => this.#resumed(frame),
    ack: (frame) => this.#acknowledged(frame),
    document_change: (frame) => this.#changed(frame),
    presence: (frame) => {
      this.#presence.update(frame);
      this.emit("presence", frame);
    },
    user_joined: (frame) => {
      if (frame.client_id !== this.clientId) this.#presence.join(frame);
      this.emit("users", this.users);
    },
    user_left: (frame) => {
      this.#presence.leave(frame);
      this.emit("users", this.users);
    },
    error: (frame) => this.#refused(frame),
    server_shutdown: (frame) => this.emit("shutdown", frame),
    document_deleted: () => this.#outbox.fail({ code: "document_deleted", message: "the document was deleted" }),
  };

  #stated(frame) {
    if (this.#isOfAnother(frame)) return this.#turnAway(frame);
    this.#letIn();
    const { epoch } = this.#session;
    const reason = epoch === null ? null : this.#lossBy(frame);
    if (reason) this.#setAside(reason);
    this.#afresh = this.#forgotten = false;
    this.#stateVersion = frame.version;
    this.#session.identify(frame.client_id, frame.last_id);
    this.#replace(frame.content, frame.version, frame.epoch, frame.checksum);
    this.#join(frame);
    if (epoch === null) this.#show();
    if (this.rescued) this.emit("rescued", this.rescued);
  }

  /**
   * What is held here is about to be replaced by what the server has.
   * @returns {import("./rescued.js").Content["reason"] | null} null: nothing is lost by that
   */
  #lossBy(frame) {
    const { type, unsaved, content, epoch, version, acknowledgedId } = this.#session;
    if (type.equals(content, frame.content)) return null;
    const hasForgotten = this.#forgotten || frame.last_id < acknowledgedId;
    const isBefore = frame.version < version || this.#isDiverged(frame);
    const isOlder = hasForgotten || isBefore || (frame.version === version && !this.#afresh);
    const reason = frame.epoch !== epoch ? "another" : isOlder ? "older" : "behind";
    if (unsaved > 0) return reason;
    // The server went on from what was here; or there is nothing in it.
    if (reason === "behind" || type.equals(content, type.create())) return null;
    // What was only read, and not written here, is set aside where that costs its reader nothing.
    const isCheap = version > this.#stateVersion || this.#options.storage;
    return hasForgotten || isCheap ? reason : null;
  }

  /** Whether the version that is held here is none of this history: its edits are lost, and others have its number. */
  #isDiverged({ diverged, version, checksum = null }) {
    const own = this.#session;
    const differs = checksum !== null && own.checksum !== null && checksum !== own.checksum;
    return diverged === true || (version === own.version && differs);
  }

  #setAside(reason) {
    const { content, unsaved } = this.#session;
    this.#rescued.add({ content, unsaved, reason });
    if (this.#rescued.unkept.length === 0) return;
    // The journal's record is of no use any more, and takes the room.
    this.#persistence.makeRoom();
    this.#rescued.keep();
  }

  #resumed(frame) {
    if (this.#isOfAnother(frame)) return this.#turnAway(frame);
    this.#letIn();
    const session = this.#session;
    if (frame.version !== session.version) return this.#leave();
    session.checksum = frame.checksum ?? null;
    if (frame.last_id < session.acknowledgedId) {
      // A backup that others have gone on from: the versions are not those that were seen here.
      this.#afresh = this.#forgotten = true;
      return this.#leave({ renew: true });
    }
    const possible = [session.acknowledgedId, this.#outbox.lastSentId];
    // The server knows edits of this client_id that are not known here (or the other way round):
    // to another client they come as ordinary changes.
    if (!possible.includes(frame.last_id)) return this.#leave({ renew: true });
    // What was sent got lost, and its word has gone on: another identity makes sure of that, and both are sent as one.
    const isLost = session.inflight && !session.inDoubt && frame.last_id === session.acknowledgedId;
    if (isLost && session.continues) return this.#leave({ renew: true, now: true });
    this.#join(frame);
  }

  /** It was the `client_id` that was refused: from now on under the one that was not. */
  #letIn() {
    this.#refusals = 0;
    if (this.#candidate !== null) this.#takeNewIdentity(this.#candidate);
  }

  #join(frame) {
    this.#joined = true;
    this.user = frame.user;
    if (this.#saveState.error?.code !== "invalid_operation") this.#saveState.error = null;
    this.#presence.enter(frame.users);
    this.#cursor.forget();
    this.emit("users", this.users);
    if (frame.user.role === "viewer" && this.#session.unsaved > 0) {
      // What is on its way may have been accepted before: it is sent again all the same.
      this.#outbox.hold({ code: "read_only", message: "this user may read the document, not edit it" });
    }
    this.#outbox.resend();
  }

  /** Somebody else has signed in meanwhile: what is unsaved here is not theirs to send. */
  #isOfAnother({ user }) {
    const { signedInAs } = this.#options;
    return Boolean(signedInAs) && user.user_id !== signedInAs;
  }

  #turnAway({ user }) {
    this.#leave();
    this.deny({ code: "another_user", message: `You are signed in as ${user.name} now.` });
  }

  #acknowledged({ id, version, checksum }) {
    const before = this.#session.moment();
    const step = this.#outbox.acknowledged(id, version, checksum);
    if (step) this.#followed(step, before, version, this.clientId, this.user?.user_id);
    this.#outbox.flush();
    this.#cursor.offer();
  }

  #changed({ operation, version, client_id: clientId, user_id: userId, checksum }) {
    const session = this.#session;
    const before = session.moment();
    if (session.inDoubt && clientId === session.inflight.clientId) {
      const own = session.recognise(operation, version, checksum);
      if (own) return this.#followed(own, before, version, clientId, userId);
      this.#outbox.thaw();
    }
    const local = session.receive(operation, version, checksum);
    this.#followed({ operation, local }, before, version, clientId, userId);
  }

  /** The stream has gone on by one. */
  #followed(step, before, version, clientId, userId) {
    const { operation, local } = step;
    if (local) this.#cursor.moved(local, false);
    this.#committed(version, operation, local, clientId);
    const lost = this.#session.takeLost();
    if (lost.length > 0) this.#without(lost, local, before);
    else if (local) this.emit("change", this.#change(local, "remote", before, clientId, userId));
  }

  /** Own changes had no place beside those of others, and were taken back. */
  #without(lost, local, before, message = "it does not fit what was changed at the same time") {
    // An undo of what was taken back would change something else.
    this.emit("change", this.#change(local, "reset", before, null, null));
    this.#takenBack = [...this.#takenBack, ...lost].slice(-MAX_TAKEN_BACK);
    for (const each of lost) this.emit("error", { code: "invalid_operation", message, advice: TAKEN_BACK, ...each });
    this.#persistence.writeSoon();
    this.#outbox.takenBack();
  }

  #committed(version, operation, local, clientId) {
    this.#presence.committed(version, operation, local, clientId);
    this.#cursor.committed(operation, clientId === this.clientId);
    this.#persistence.committed(operation);
    if (this.#session.unsaved === 0) this.#persistence.writeSoon();
  }

  #change(operation, origin, before, clientId, userId) {
    return {
      operation,
      origin,
      // Found only where it is asked for.
      get before() {
        return before();
      },
      clientId,
      userId,
    };
  }

  #refused({ code, message, id }) {
    if (code === "invalid_operation" && this.#takesBack(id, message)) return;
    const error = { code, message, advice: adviceFor(code, message) };
    this.emit("error", error);
    if (code === WRONG_TYPE && !this.#joined) this.#unsuitable = code;
    if (code === "forbidden" && !this.#joined) this.#isForbidden = true;
    if (code === "rate_limited" && id === undefined) this.#cursor.refused();
    const step = this.#outbox.refused(error, id ?? null);
    if (step) this.#leave({ renew: step === "renew" });
  }

  /** Whether that is no news, or the edit has no place any more: then nothing waits for the user. */
  #takesBack(id, message) {
    if (this.#outbox.isTakenBack(id)) return this.#outbox.refused({ code: "invalid_operation", message }, id) === null;
    const before = this.#session.moment();
    const step = this.#outbox.misfit(id);
    if (!step) return false;
    this.#presence.moved(step.local, null);
    this.#cursor.moved(step.local, false);
    this.#without(this.#session.takeLost(), step.local, before, message);
    return true;
  }

  // -- connections ------------------------------------------------------------------------------

  /** Give this connection up; the next one starts from the last sure version. */
  #leave({ renew = false, now = false } = {}) {
    this.#joined = false;
    if (renew) this.#takeNewIdentity();
    this.#connection.reconnect({ now });
    this.#observe();
  }

  #renew() {
    this.#leave({ renew: true, now: true });
  }

  #takeNewIdentity(clientId = this.#persistence.newId()) {
    this.#candidate = null;
    this.#refusals = 0;
    this.#outbox.forgetFence();
    this.#session.identify(clientId, 0);
    this.#persistence.renew(clientId);
  }

  /**
   * A browser does not tell why a handshake was refused. The reason may be that somebody else has the
   * `client_id`, so another one is tried now and then, and kept if it is let in. What was sent under the
   * old one is settled as after a takeover.
   * @returns {boolean} whether to try it at once
   */
  #tryAnother({ status }) {
    const isTried = this.#candidate !== null;
    this.#candidate = null;
    if (isTried || (status !== null && status !== 403)) return false;
    this.#refusals += 1;
    if (status === null && this.#refusals % REFUSALS !== 0) return false;
    this.#candidate = this.#persistence.newId();
    return true;
  }

  #tellRefusal({ status, error }) {
    if (error) this.#report("not_connected", `no connection could be made: ${error?.message ?? error}`);
    if (!isDenial(status)) return;
    const denial = { code: DENIALS[status] ?? "refused", message: `the server answered ${status} to the handshake` };
    this.deny(denial);
    this.#report(denial.code, denial.message);
  }

  #report(code, message) {
    this.emit("error", { code, message, advice: adviceFor(code, message) });
  }

  #closed(code, reason, refusal = null) {
    const wasJoined = this.#joined;
    this.#joined = false;
    if (code === TAKEN_OVER) this.#takeNewIdentity();
    if (code === TOO_BIG) this.#outbox.fail({ code: "too_large", message: reason });
    if (code === POLICY) this.emit("error", { code: "refused", message: reason, advice: reason });
    // To ask again would be answered in the same way.
    const gone = { [DELETED]: "document_deleted", [NOT_FOUND]: "not_found" }[code] ?? this.#unsuitable;
    if (gone) this.#outbox.fail({ code: gone, message: reason });
    this.#observe();
    if (gone) this.emit("closed", { code: gone });
    else this.emit("disconnected", { code, wasJoined });
    if (gone) return "stop";
    const isForbidden = !wasJoined && code === POLICY && (this.#isForbidden || reason.startsWith("forbidden"));
    this.#isForbidden = false;
    const refused = isForbidden ? { status: 403, error: null } : refusal;
    if (refused && !refused.error && this.#tryAnother(refused)) return "now";
    if (refusal) this.#tellRefusal(refusal);
    return "retry";
  }

  #replace(content, version, epoch, checksum) {
    const before = this.#session.moment();
    const operation = this.#session.reset(content, version, epoch, checksum);
    this.#outbox.forgetFence();
    this.#persistence.replaced();
    this.#presence.moved(operation, null);
    this.#cursor.moved(operation, false);
    this.emit("change", this.#change(operation, "reset", before, null, null));
    this.#observe();
  }

  #observe() {
    if (this.#putBack && this.#session.unsaved === 0) {
      const id = this.#putBack;
      this.#putBack = null;
      this.discardRescued(id);
    }
    this.#saveState.observe(this.#session);
    this.#tellStatus();
  }

  #lastStatus = "";

  #tellStatus() {
    const { status } = this;
    const text = JSON.stringify(status);
    if (text === this.#lastStatus) return;
    this.#lastStatus = text;
    this.emit("status", status);
  }
}

/** @throws {TypeError} what is missing; later on nothing could be done about it */
function checkOptions({ WebSocket, url, docId }) {
  if (typeof WebSocket !== "function") {
    const advice = 'pass a class as the option WebSocket, such as that of the package "ws"';
    throw new TypeError(`there is no WebSocket in this runtime (Node has one since version 22): ${advice}`);
  }
  if (typeof docId !== "string" || docId === "") throw new TypeError("the option docId names the document: give a text");
  try {
    socketUrl({ url, docId, epoch: null });
  } catch {
    throw new TypeError(`the option url is ${url}: give the address of the application, such as "https://example.org/collab/"`);
  }
}
