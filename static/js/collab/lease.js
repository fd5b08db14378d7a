/**
 * Locks by a lease in the storage, where there are no Web Locks.
 *
 * A holder counts its lease up as long as it lives. Wall clocks prove nothing (they may have been
 * wrong when the lease was written, or be wrong now), so a lease is taken over only if it was seen not
 * to change for `LEASE_MILLISECONDS`, or if it looks that old and nobody answers a question about it.
 *
 * @typedef {object} LeaseRecord
 * @property {string} holder
 * @property {number} [turn] counted up by each renewal; the format before had none
 * @property {number} [at] when it was renewed, by the holder's clock: a hint only
 * @property {number} [until] the end of a lease of the format before
 */

import { systemClock } from "./clock.js";
import { newIdentifier } from "./identifier.js";
import { readRecord } from "./records.js";

// Tabs in the background may be woken only once a minute, and must keep what they hold.
const LEASE_MILLISECONDS = 150_000;
const RENEW_MILLISECONDS = 20_000;
/** Events of the storage wake a tab in the background at once, unlike its timers. */
const ANSWER_MILLISECONDS = 1_000;
/** How long another tab may need to see what was written. */
const SETTLE_MILLISECONDS = 250;

/** What was seen of leases, for all who look at one storage: {text, since} by name. */
const sightings = new WeakMap();

/** @returns {import("./client_id_lock.js").ClientIdLocks} */
export function leaseLocks(storage, { clock = systemClock, holder = newIdentifier(), events = globalThis.window } = {}) {
  const acquire = async (name, { isNew = false } = {}) => {
    const lease = new Lease({ storage, name, holder, clock, events });
    if (!isNew && !(await lease.isFree())) return null;
    lease.take();
    // Two tabs may have seen it free: the later writer has it.
    await (isNew || !events ? null : lease.pause(SETTLE_MILLISECONDS));
    return lease.isLost ? lease.release() : () => lease.release();
  };
  return { acquire };
}

class Lease {
  #turn = 0;
  #timer = null;
  #answer = ({ key, newValue }) => key === this.question && newValue !== null && this.#renew();

  constructor({ storage, name, holder, clock, events }) {
    Object.assign(this, { storage, name, holder, clock, events });
    this.key = `${name}:lease`;
    this.question = `${name}:lease:question`;
  }

  pause(milliseconds) {
    return new Promise((resolve) => this.clock.set(resolve, milliseconds));
  }

  /** Another one holds it now. */
  get isLost() {
    const lease = readRecord(this.storage, this.key);
    return lease !== null && lease.holder !== this.holder;
  }

  async isFree() {
    const text = this.storage.getItem(this.key);
    const lease = readRecord(this.storage, this.key);
    const unchanged = this.#unchangedFor(text);
    if (lease === null || unchanged >= LEASE_MILLISECONDS) return true;
    if (!this.#looksAbandoned(lease)) return false;
    if (lease.turn === undefined) return true;
    return this.events ? this.#isUnanswered(text) : false;
  }

  /** @returns {number} for how many milliseconds the lease was seen to be what it is now */
  #unchangedFor(text) {
    const seen = sightings.get(this.storage) ?? new Map();
    sightings.set(this.storage, seen);
    const now = (this.clock.elapsed ?? this.clock.now)();
    if (text === null) seen.delete(this.name);
    else if (seen.get(this.name)?.text !== text) seen.set(this.name, { text, since: now });
    return now - (seen.get(this.name)?.since ?? now);
  }

  #looksAbandoned({ at, until = at + LEASE_MILLISECONDS }) {
    return until <= this.clock.now();
  }

  async #isUnanswered(text) {
    try {
      this.storage.setItem(this.question, newIdentifier());
      await this.pause(ANSWER_MILLISECONDS);
      this.storage.removeItem(this.question);
    } catch {
      // It could not be asked.
      return false;
    }
    return this.storage.getItem(this.key) === text;
  }

  take() {
    this.events?.addEventListener("storage", this.#answer);
    this.#renew();
  }

  #renew() {
    this.clock.clear(this.#timer);
    // This tab was asleep, and was taken for dead.
    if (this.#turn > 0 && this.isLost) return;
    this.#turn += 1;
    try {
      const record = { holder: this.holder, turn: this.#turn, at: this.clock.now() };
      this.storage.setItem(this.key, JSON.stringify(record));
    } catch {
      // Without room for a lease there is none for a journal either: nothing to share.
    }
    this.#timer = this.clock.set(() => this.#renew(), RENEW_MILLISECONDS);
  }

  /** @returns {null} */
  release() {
    this.clock.clear(this.#timer);
    this.events?.removeEventListener("storage", this.#answer);
    if (!this.isLost) this.storage.removeItem(this.key);
    return null;
  }
}
