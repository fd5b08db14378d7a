/**
 * Undo and redo of one's own edits, whatever others do meanwhile: a stack of inverses, moved along by
 * every remote change. For every type, through its invert, transform and compose.
 *
 * What somebody else has deleted since can't be brought back by undo, nor what they have replaced: an
 * inverse that has come to nothing is left out, one that does not fit any more is passed over.
 *
 * Event (`on(name, listener)`):
 *   change    {canUndo, canRedo}: one of them has changed
 */

import { systemClock } from "./clock.js";
import { Emitter } from "./events.js";
import { UndoStep } from "./undo_step.js";

export class UndoManager extends Emitter {
  #document;
  #options;
  #undone = []; // steps that were undone; like #done, the last one applies to the content as it is
  #done = [];
  #target; // where the inverse of the edit that is being made belongs, if undo or redo makes it
  #groupedAt = -Infinity;
  #told = { canUndo: false, canRedo: false };
  #unsubscribe;

  /**
   * Remembers each local edit from now on.
   * @param {import("./document.js").CollabDocument} document
   * @param {object} [options]
   * @param {number} [options.groupMilliseconds] an edit that follows another within this time is undone
   *   together with it; 0 undoes each by itself
   * @param {number} [options.maximumDepth] steps that can be undone; older ones are forgotten
   * @param {import("./clock.js").Clock} [options.clock] for tests
   */
  constructor(document, { groupMilliseconds = 500, maximumDepth = 100, clock = systemClock } = {}) {
    super();
    this.#document = document;
    this.#options = { groupMilliseconds, maximumDepth, clock };
    this.#unsubscribe = document.on("change", (change) => this.#changed(change));
  }

  get canUndo() {
    return this.#done.length > 0;
  }

  get canRedo() {
    return this.#undone.length > 0;
  }

  /** @returns {object | null} the operation as applied; null: there was nothing (left) to undo */
  undo() {
    return this.#step(this.#done, this.#undone);
  }

  /** @returns {object | null} the operation as applied; null: there was nothing (left) to redo */
  redo() {
    return this.#step(this.#undone, this.#done);
  }

  /** The next edit is undone by itself, however soon it follows. */
  endGroup() {
    this.#groupedAt = -Infinity;
  }

  /** Forget everything. */
  clear() {
    this.#done.length = this.#undone.length = 0;
    this.endGroup();
    this.#tell();
  }

  /** Forget everything, and remember nothing more. */
  close() {
    this.#unsubscribe();
    this.clear();
  }

  #step(from, to) {
    this.endGroup();
    let applied = null;
    while (!applied && from.length > 0 && this.#document.mayEdit) applied = this.#apply(from.pop(), to);
    this.#tell();
    return applied;
  }

  #apply(step, target) {
    this.#target = target;
    try {
      const applied = this.#document.edit(step.operation(this.#document.type));
      return this.#document.type.isEmpty(applied) ? null : applied;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return null;
    } finally {
      this.#target = undefined;
    }
  }

  #changed(change) {
    const { type } = this.#document;
    const { operation, origin } = change;
    if (origin === "local") this.#remember(type.inverse?.(operation) ?? type.invert(operation, change.before));
    else if (origin === "remote") this.#moveAlong(operation);
    else return this.clear();
    this.#tell();
  }

  #remember(inverse) {
    const { groupMilliseconds, maximumDepth, clock } = this.#options;
    const { type } = this.#document;
    if (this.#target) return void this.#target.push(new UndoStep().add(type, inverse));
    this.#undone.length = 0;
    const now = clock.now();
    const isGrouped = this.canUndo && now - this.#groupedAt < groupMilliseconds;
    const step = isGrouped ? this.#done.pop() : new UndoStep();
    this.#groupedAt = now;
    if (!step.add(type, inverse).isEmpty(type)) this.#done.push(step);
    if (this.#done.length > maximumDepth) this.#done.shift();
  }

  #moveAlong(operation) {
    this.#done = this.#moved(this.#done, operation);
    this.#undone = this.#moved(this.#undone, operation);
  }

  /** Each step down the stack meets the change as it is after the steps above were taken. */
  #moved(stack, operation) {
    const { type } = this.#document;
    const moved = [];
    try {
      for (const step of [...stack].reverse()) {
        const [after, passed] = step.crossing(type, operation);
        operation = passed;
        if (!after.isEmpty(type)) moved.push(after);
      }
    } catch {
      // What lies below was made on another content than this: it can't be followed any further.
    }
    return moved.reverse();
  }

  #tell() {
    const { canUndo, canRedo } = this;
    if (canUndo === this.#told.canUndo && canRedo === this.#told.canRedo) return;
    this.#told = { canUndo, canRedo };
    this.emit("change", this.#told);
  }
}
