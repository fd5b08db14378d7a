/**
 * Work that is done once in a frame, however often it is asked for. A page that is hidden draws no frames: there
 * it is done after a while.
 */

/** So long after it was asked for it is done at the latest. */
const WAIT_MILLISECONDS = 200;

export class Frame {
  #steps = [];
  #request = null;
  #timer = null;

  /**
   * Add a step; those that are asked for are done in the order in which they were added.
   * @param {() => void} run may ask for this step again, which is done in the next frame then
   * @returns {() => void} asks for it
   */
  step(run) {
    const step = { run, isPlanned: false };
    this.#steps.push(step);
    return () => {
      step.isPlanned = true;
      this.#plan();
    };
  }

  /** Do now what was asked for. */
  run() {
    cancelAnimationFrame(this.#request);
    clearTimeout(this.#timer);
    this.#request = this.#timer = null;
    try {
      for (const step of this.#steps) {
        if (!step.isPlanned) continue;
        step.isPlanned = false;
        step.run();
      }
    } finally {
      if (this.#steps.some(({ isPlanned }) => isPlanned)) this.#plan();
    }
  }

  #plan() {
    if (this.#request !== null) return;
    this.#request = requestAnimationFrame(() => this.run());
    this.#timer = setTimeout(() => this.run(), WAIT_MILLISECONDS);
  }
}
