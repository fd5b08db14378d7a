/**
 * Brings the title that a person entered to the server: at once kept on this device, sent after a moment,
 * tried again like an edit, given up only by the person.
 */

import { Backoff } from "../collab/backoff.js";
import { systemClock } from "../collab/clock.js";

const WAIT_MILLISECONDS = 700;
const MAX_BASES = 10;
/** Refusals that another sign-in or another role may take back. */
const ACCESS = new Set([401, 403]);

export class TitleSender {
  /** @type {string | null} as the server has it; null: not known yet */
  stored = null;
  /** @type {string | null} what was entered and is not stored */
  wanted = null;
  #bases = [];
  #isKept = false;
  #isRestored = false; // left by a page before: is the title still the one that it was entered on?
  #error = null;
  #sending = false;
  #timer = null;
  #waits;

  /**
   * @param {object} options
   * @param {() => Promise<string>} options.load the title as the server has it
   * @param {(title: string) => Promise<void>} options.send
   * @param {() => boolean} options.maySend connected, as the user whose title this is
   * @param {import("./kept_title.js").KeptTitle} options.kept
   * @param {() => void} options.onChange something of this has changed
   * @param {(title: string) => void} options.onStored
   * @param {import("../collab/clock.js").Clock} [options.clock]
   * @param {() => number} [options.random]
   */
  constructor({ load, send, maySend, kept, onChange, onStored, clock = systemClock, random }) {
    Object.assign(this, { load, send, maySend, kept, onChange, onStored, clock });
    this.#waits = new Backoff({ random });
  }

  /** Take up what a page before has left; look what the server has. */
  async start() {
    const left = this.kept.read();
    if (left) this.#adopt(left);
    await this.refresh();
  }

  #adopt({ title, bases }) {
    Object.assign(this, { wanted: title });
    this.#bases = bases;
    this.#isKept = this.#isRestored = true;
    this.#error = null;
    this.#changed();
  }

  /** Another tab has entered a title, or is rid of the one that it shared with this one. */
  otherTab(record, former) {
    if (record) {
      this.#adopt(record);
      this.#isRestored = false;
      this.#sendIn(this.#waits.next());
    } else if (this.wanted !== null && former?.title === this.wanted) {
      this.#settle();
      this.refresh();
    }
  }

  /** The person has changed the field. */
  enter(title) {
    if (title === this.wanted) return;
    if (title === this.stored && !this.#sending) return this.giveUp();
    if (this.wanted === null) this.#bases = [this.stored];
    this.wanted = title;
    this.#isRestored = false;
    this.#error = null;
    this.#waits.reset();
    this.#keep();
    this.#sendIn(WAIT_MILLISECONDS);
    this.#changed();
  }

  #keep() {
    this.#isKept = this.kept.write({ title: this.wanted, bases: this.#bases });
  }

  #sendIn(milliseconds) {
    this.clock.clear(this.#timer);
    this.#timer = this.clock.set(() => this.flush(), milliseconds);
  }

  /** What the server has, by whatever way it was learnt. */
  heard(title) {
    this.stored = title;
    if (this.wanted === title) this.#settle();
    else this.#changed();
  }

  /** The connection is back: what had to wait goes out. */
  async refresh() {
    if (ACCESS.has(this.#error?.status)) this.#error = null;
    try {
      const title = await this.load();
      if (!this.#sending) this.#compare(title);
    } catch {
      // The next connection asks again.
    }
    await this.flush();
  }

  #compare(title) {
    const isForeign = this.#isRestored && title !== this.wanted && !this.#isBase(title);
    if (this.wanted !== null && !isForeign) {
      this.#bases = [...this.#bases.filter((base) => base !== null), title];
      this.#keep();
    }
    this.#isRestored = false;
    if (isForeign) this.#error = { code: "title_changed", title };
    this.heard(title);
  }

  /** Where it was not known what the title was entered on, only an empty title is taken for it. */
  #isBase(title) {
    return this.#bases.includes(title) || (title === "" && this.#bases.includes(null));
  }

  async flush() {
    if (this.wanted === null || this.#sending || this.#error || this.#isRestored) return;
    if (!this.maySend()) return this.#sendIn(this.#waits.next());
    const title = this.wanted;
    this.clock.clear(this.#timer);
    this.#sending = true;
    // It may be stored though no answer comes.
    this.#bases = [...new Set([...this.#bases, title])].slice(-MAX_BASES);
    this.#keep();
    try {
      await this.send(title);
      this.#sending = false;
      this.#sent(title);
    } catch (error) {
      this.#sending = false;
      this.#failed(title, error);
    }
  }

  #sent(title) {
    this.#waits.reset();
    this.stored = title;
    this.onStored(title);
    if (this.wanted === title) return this.#settle();
    this.kept.remove(title);
    if (this.wanted !== null) this.#sendIn(0);
  }

  #failed(title, error) {
    if (this.wanted !== title) return void this.#sendIn(0);
    if (isRefusal(error)) this.#error = { code: "title_refused", status: error.status, reason: error.message };
    else this.#sendIn(this.#waits.next());
    this.#changed();
  }

  #settle() {
    this.clock.clear(this.#timer);
    if (this.wanted !== null) this.kept.remove(this.wanted);
    this.wanted = this.#error = null;
    this.#isRestored = false;
    this.#changed();
  }

  /** Go back to what is stored: the person asks for it. */
  giveUp() {
    this.#settle();
  }

  /** Send it, whatever was said against it: the person asks for it. */
  retry() {
    this.#error = null;
    this.#changed();
    this.flush();
  }

  #changed() {
    this.onChange();
  }

  /** @returns {import("../collab/save_state.js").Part | null} */
  get part() {
    if (this.wanted === null) return null;
    const actions = { retry: () => this.retry(), giveUp: () => this.giveUp() };
    return { unsaved: 1, localCopy: this.#isKept, error: this.#error && this.#explain(this.#error), ...actions };
  }

  #explain({ code, reason, title }) {
    const isRefused = code === "title_refused";
    return {
      code,
      part: "title",
      message: reason ?? "the server has another title",
      advice: isRefused
        ? `The title “${this.wanted}” is not stored: ${reason}. Change it, or go back to the stored title.`
        : `The title is “${title || "Untitled"}” on the server now. Yours, “${this.wanted}”, is not stored.`,
      labels: isRefused
        ? { retry: "Try again", giveUp: "Go back to the stored title" }
        : { retry: "Use my title", giveUp: "Leave it as it is now" },
    };
  }
}

/** Every other failure is "later". */
function isRefusal({ status }) {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}
