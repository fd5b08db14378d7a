/**
 * One WebSocket after another. It knows when to connect, when a connection is dead and how long to
 * wait; what the frames mean is the document's business.
 */

import { Backoff } from "./backoff.js";
import { systemClock } from "./clock.js";

export const CONNECT_MILLISECONDS = 15_000;
export const PING_MILLISECONDS = 20_000;
export const PONG_MILLISECONDS = 10_000;
export const PROBE_MILLISECONDS = 3_000;
/** A connection that lived so long was a good one: the next waits are short again. */
export const STABLE_MILLISECONDS = 5_000;
/** The least wait after an answer that says "not like this": somebody has to change something first. */
export const DENIED_MILLISECONDS = 30_000;

/**
 * @typedef {object} Refusal an attempt came to an end before the connection was open
 * @property {number | null} status of HTTP, where the WebSocket class reveals it; browsers don't
 * @property {Error | null} error the attempt could not even be made
 */

export class Connection {
  #socket = null;
  #attempt = null; // the one that is being made or that made the socket
  #timer = null; // the wait before the next attempt
  #watch = null; // the next look at whether the connection lives
  #heard = false; // anything since the last ping
  #heardAt = null;
  #openedAt = null;
  #retryAfter = null;
  #stopped = true;
  #removeListeners = null;

  /**
   * @param {object} options
   * @param {() => string | Promise<string>} options.url of the next attempt
   * @param {typeof WebSocket} options.WebSocket
   * @param {(frame: object) => void} options.onFrame
   * @param {(code: number, reason: string, refusal: Refusal | null) => "retry" | "now" | "stop"} options.onClose
   * @param {import("./clock.js").Clock} [options.clock]
   * @param {() => number} [options.random]
   * @param {EventTarget} [options.events] tells `online`, `offline` …; the browser's window
   */
  constructor({ url, WebSocket, onFrame, onClose, clock = systemClock, random = Math.random, events }) {
    Object.assign(this, { url, WebSocket, onFrame, onClose, clock, random, events });
    this.backoff = new Backoff({ random });
  }

  get isOpen() {
    return this.#openedAt !== null;
  }

  start() {
    this.#stopped = false;
    this.#listen();
    this.connectNow();
  }

  stop() {
    this.#stopped = true;
    this.#removeListeners?.();
    this.#removeListeners = null;
    this.#clearTimer();
    this.#abandon(1000);
  }

  /** End the wait, if there is one; make sure of the connection, if there is one. */
  connectNow() {
    if (this.#stopped) return;
    if (this.#attempt) return this.probe();
    this.#clearTimer();
    this.#connect();
  }

  /** Give the present connection up and make another, after a wait or at once. */
  reconnect({ now = false } = {}) {
    if (this.#stopped) return;
    this.#abandon(1000);
    if (now) this.connectNow();
    else this.#wait();
  }

  /** @returns {boolean} whether it was handed to an open connection */
  send(frame) {
    if (!this.isOpen) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Ask the server for a sign of life, and don't wait for it long. */
  probe(milliseconds = PROBE_MILLISECONDS) {
    if (this.#heardAt === null || !this.send({ type: "ping" })) return;
    this.#heard = false;
    this.#watchIn(milliseconds, () => (this.#heard ? this.#watchOn() : this.#lost()));
  }

  #listen() {
    const { events } = this;
    if (!events || this.#removeListeners) return;
    const online = () => this.connectNow();
    const offline = () => this.probe();
    // Somebody looks at the page again: its timers may have slept. A page that stayed in sight beside
    // another window only gets the focus.
    const seen = () => globalThis.document?.visibilityState !== "hidden" && this.connectNow();
    const listeners = { online, offline, pageshow: seen, visibilitychange: seen, focus: seen };
    for (const [event, listener] of Object.entries(listeners)) events.addEventListener(event, listener);
    this.#removeListeners = () => {
      for (const [event, listener] of Object.entries(listeners)) events.removeEventListener(event, listener);
    };
  }

  #connect() {
    const attempt = (this.#attempt = { status: null });
    this.#heardAt = null;
    this.#watchIn(CONNECT_MILLISECONDS, () => this.#lost());
    const failed = (error) => attempt === this.#attempt && this.#ended(1006, String(error?.message ?? error), { status: null, error });
    try {
      const url = this.url();
      if (typeof url === "string") this.#open(attempt, url);
      else Promise.resolve(url).then((address) => this.#open(attempt, address)).catch(failed);
    } catch (error) {
      // Not at once: whoever asked for the connection goes on first.
      Promise.resolve().then(() => failed(error));
    }
  }

  #open(attempt, url) {
    if (attempt !== this.#attempt) return;
    const socket = new this.WebSocket(url, ["collab.v1"]);
    this.#socket = socket;
    // A socket that was given up may still speak: it is not heard.
    const heard = (listener) => (event) => socket === this.#socket && listener(event);
    socket.onopen = heard(() => (this.#openedAt = this.clock.now()));
    socket.onmessage = heard(({ data }) => this.#receive(data));
    socket.onclose = heard(({ code, reason }) => {
      this.#ended(meantBy(code), reason, this.isOpen ? null : { status: attempt.status, error: null });
    });
    socket.onerror = (event) => (attempt.status ??= statusIn(event?.message));
  }

  #receive(data) {
    this.#heard = true;
    const isFirst = this.#heardAt === null;
    this.#heardAt = this.clock.now();
    if (isFirst) this.#watchOn();
    const frame = frameIn(data);
    if (frame === null) return;
    if (frame.type === "server_shutdown" && frame.retry_after >= 0) this.#retryAfter = frame.retry_after;
    this.onFrame(frame);
  }

  #watchOn() {
    const silence = () => this.clock.now() - this.#heardAt;
    this.#watchIn(PING_MILLISECONDS - silence(), () => {
      if (silence() < PING_MILLISECONDS) this.#watchOn();
      else this.probe(PONG_MILLISECONDS);
    });
  }

  #watchIn(milliseconds, callback) {
    this.clock.clear(this.#watch);
    this.#watch = this.clock.set(callback, milliseconds);
  }

  /** No sign of life: the socket may take minutes to notice, so don't wait for it. */
  #lost() {
    this.#ended(1006, "no answer", null);
  }

  #ended(code, reason, refusal) {
    this.#abandon(1000);
    const step = this.onClose(code, reason, refusal);
    if (step === "stop") return this.stop();
    if (this.#stopped || this.#attempt || this.#timer !== null) return;
    if (step === "now") this.#connect();
    else this.#wait(isDenial(refusal?.status) ? DENIED_MILLISECONDS : 0);
  }

  #abandon(code) {
    const socket = this.#socket;
    if (this.isOpen && this.clock.now() - this.#openedAt >= STABLE_MILLISECONDS) this.backoff.reset();
    this.#socket = null;
    this.#attempt = null;
    this.#openedAt = null;
    this.clock.clear(this.#watch);
    try {
      socket?.close(code);
    } catch {
      // Closed already.
    }
  }

  #wait(least = 0) {
    const after = this.#retryAfter;
    this.#retryAfter = null;
    const milliseconds = after === null ? least + this.backoff.next() : (after + this.random()) * 1000;
    this.#clearTimer();
    this.#timer = this.clock.set(() => {
      this.#timer = null;
      this.#connect();
    }, milliseconds);
  }

  #clearTimer() {
    this.clock.clear(this.#timer);
    this.#timer = null;
  }
}

/** What came as a frame; null for what is none of this protocol, such as a host's own. */
function frameIn(data) {
  try {
    const frame = JSON.parse(data);
    return typeof frame?.type === "string" ? frame : null;
  } catch {
    return null;
  }
}

/** Where the server software sends no close codes of the protocol's own range, 3000 is added to them. */
const meantBy = (code) => (code > 4000 && code < 4100 ? code - 3000 : code);

/** The package `ws` says it in words. */
function statusIn(message) {
  const found = /\bserver response: ([1-5]\d\d)\b/i.exec(message ?? "");
  return found ? Number(found[1]) : null;
}

/** Whether a status says "not like this"; 408, 429 and every 5xx say "later". */
export const isDenial = (status) => status >= 400 && status < 500 && status !== 408 && status !== 429;
