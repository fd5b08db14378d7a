/** How safe the user's work is, in one word and a number. */

import { policyFor } from "./policy.js";

export const LATE_MILLISECONDS = 5_000;
export const ALARMING_MILLISECONDS = 20_000;

/**
 * @typedef {object} Status
 * @property {"saved" | "saving" | "offline" | "failed"} state
 * @property {number} unsaved local changes that are not acknowledged, and what else is not stored
 * @property {"none" | "late" | "alarming"} delay the oldest of them waits for over 5 s, over 20 s
 * @property {boolean} connected
 * @property {boolean} localCopy false: what is unsaved could not be kept on this device either
 * @property {{code: string, message: string} | null} error why it failed
 * @property {boolean} readOnly the server takes no edits of this user
 * @property {boolean} composing all that is unsaved is a word that an input method composes
 *
 * @typedef {object} Part something else that a person entered and the server does not have, such as a title
 * @property {number} unsaved
 * @property {boolean} localCopy
 * @property {{code: string, message: string, advice: string} | null} [error] it is not tried any more
 * @property {boolean} [composing] it is still being entered: it waits for its user, not for the server
 * @property {() => void} [retry] the user asks for it
 * @property {() => void} [giveUp] the user asks for it: go back to what is stored
 */

export class SaveState {
  #inflight = null;
  #inflightSince = null;
  #pendingSince = null;
  #parts = new Map(); // name → {part, since}
  #timer = null;

  /** @param {import("./clock.js").Clock} clock @param {() => void} onDelay the delay has grown */
  constructor(clock, onDelay) {
    this.clock = clock;
    this.onDelay = onDelay;
    /** @type {{code: string, message: string} | null} */
    this.error = null;
  }

  /** Call it after each edit, freeze, acknowledgement: how old what is unsaved is now. */
  observe({ inflight, pendingCount }) {
    if (inflight !== this.#inflight) {
      this.#inflight = inflight;
      this.#inflightSince = inflight && (this.#pendingSince ?? this.clock.now());
    }
    if (pendingCount === 0) this.#pendingSince = null;
    else this.#pendingSince ??= this.clock.now();
    this.#arm();
  }

  /** The inflight edit is pending again, and as old as it was. */
  thawed() {
    this.#pendingSince = this.#inflightSince ?? this.#pendingSince;
  }

  /** @param {string} name @param {Part | null} part null: all of it is stored */
  setPart(name, part) {
    if (part) this.#parts.set(name, { part, since: part.composing ? null : this.#parts.get(name)?.since ?? this.clock.now() });
    else this.#parts.delete(name);
    this.#arm();
  }

  /** @returns {Part[]} those that are not stored */
  get parts() {
    return [...this.#parts.values()].map(({ part }) => part);
  }

  /** @returns {Part | null} */
  part(name) {
    return this.#parts.get(name)?.part ?? null;
  }

  get #since() {
    const ages = [this.#inflightSince ?? this.#pendingSince, ...[...this.#parts.values()].map(({ since }) => since)];
    const known = ages.filter((since) => since !== null);
    return known.length > 0 ? Math.min(...known) : null;
  }

  get #age() {
    const since = this.#since;
    return since === null ? 0 : this.clock.now() - since;
  }

  #arm() {
    this.clock.clear(this.#timer);
    if (this.#since === null) return;
    const next = [LATE_MILLISECONDS, ALARMING_MILLISECONDS].find((limit) => limit > this.#age);
    if (next === undefined) return;
    this.#timer = this.clock.set(() => {
      this.onDelay();
      this.#arm();
    }, next - this.#age);
  }

  stop() {
    this.clock.clear(this.#timer);
  }

  /** @returns {Status} */
  status({ unsaved: edits, connected, localCopy, readOnly = false }) {
    const age = this.#age;
    const delay = age >= ALARMING_MILLISECONDS ? "alarming" : age >= LATE_MILLISECONDS ? "late" : "none";
    const { parts } = this;
    const error = this.error ?? parts.find((part) => part.error)?.error ?? null;
    const unsaved = parts.reduce((sum, part) => sum + part.unsaved, edits);
    return {
      state: this.#word(error, unsaved, connected),
      unsaved,
      delay,
      connected,
      // A composition ends where its user goes elsewhere, and is an edit then.
      localCopy: localCopy && parts.every((part) => part.localCopy || part.composing),
      error,
      readOnly,
      composing: edits === 0 && parts.length > 0 && parts.every((part) => part.composing),
    };
  }

  #word(error, unsaved, connected) {
    if (error && (connected || policyFor(error.code) === "refused")) return "failed";
    if (!connected) return "offline";
    return unsaved > 0 ? "saving" : "saved";
  }
}
