/** How safe the user's work is, in one word and a number. */

import { policyFor } from "./policy.js";

export const LATE_MILLISECONDS = 5_000;
export const ALARMING_MILLISECONDS = 20_000;

/**
 * @typedef {object} Status
 * @property {"saved" | "saving" | "offline" | "failed"} state
 * @property {number} unsaved local changes that are not acknowledged
 * @property {"none" | "late" | "alarming"} delay the oldest of them waits for over 5 s, over 20 s
 * @property {boolean} connected
 * @property {boolean} localCopy false: what is unsaved could not be kept on this device either
 * @property {{code: string, message: string} | null} error why it failed
 */

export class SaveState {
  #inflight = null;
  #inflightSince = null;
  #pendingSince = null;
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

  get #age() {
    const since = this.#inflightSince ?? this.#pendingSince;
    return since === null ? 0 : this.clock.now() - since;
  }

  #arm() {
    this.clock.clear(this.#timer);
    if (this.#inflightSince === null && this.#pendingSince === null) return;
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
  status({ unsaved, connected, localCopy }) {
    const age = this.#age;
    const delay = age >= ALARMING_MILLISECONDS ? "alarming" : age >= LATE_MILLISECONDS ? "late" : "none";
    return { state: this.#word(unsaved, connected), unsaved, delay, connected, localCopy, error: this.error };
  }

  #word(unsaved, connected) {
    if (this.error && (connected || policyFor(this.error.code) === "refused")) return "failed";
    if (!connected) return "offline";
    return unsaved > 0 ? "saving" : "saved";
  }
}
