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

export class Connection {
  #socket = null;
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
   * @param {() => string} options.url of the next attempt
   * @param {typeof WebSocket} options.WebSocket
   * @param {(frame: object) => void} options.onFrame
   * @param {(code: number, reason: string) => "retry" | "stop"} options.onClose
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
    if (this.#socket) return this.probe();
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
    const socket = new this.WebSocket(this.url(), ["collab.v1"]);
    this.#socket = socket;
    // A socket that was given up may still speak: it is not heard.
    const heard = (listener) => (event) => socket === this.#socket && listener(event);
    socket.onopen = heard(() => (this.#openedAt = this.clock.now()));
    socket.onmessage = heard(({ data }) => this.#receive(data));
    socket.onclose = heard(({ code, reason }) => this.#closed(code, reason));
    socket.onerror = () => {};
    this.#heardAt = null;
    this.#watchIn(CONNECT_MILLISECONDS, () => this.#lost());
  }

  #receive(data) {
    this.#heard = true;
    const isFirst = this.#heardAt === null;
    this.#heardAt = this.clock.now();
    if (isFirst) this.#watchOn();
    const frame = JSON.parse(data);
    if (frame.type === "server_shutdown") this.#retryAfter = frame.retry_after;
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
    this.#abandon(1000);
    this.#ended(1006, "no answer");
  }

  #closed(code, reason) {
    this.#abandon(1000);
    this.#ended(code, reason);
  }

  #ended(code, reason) {
    if (this.onClose(code, reason) === "stop") this.stop();
    else if (!this.#stopped && !this.#socket && this.#timer === null) this.#wait();
  }

  #abandon(code) {
    const socket = this.#socket;
    if (this.isOpen && this.clock.now() - this.#openedAt >= STABLE_MILLISECONDS) this.backoff.reset();
    this.#socket = null;
    this.#openedAt = null;
    this.clock.clear(this.#watch);
    try {
      socket?.close(code);
    } catch {
      // Closed already.
    }
  }

  #wait() {
    const after = this.#retryAfter;
    this.#retryAfter = null;
    const milliseconds = after === null ? this.backoff.next() : (after + this.random()) * 1000;
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
