/**
 * The time and its timers; a test passes one of its own.
 *
 * @typedef {object} Clock
 * @property {() => number} now milliseconds
 * @property {(callback: () => void, milliseconds: number) => any} set
 * @property {(timer: any) => void} clear
 * @property {() => number} [elapsed] milliseconds of a clock that is never put forward or back
 */

/** @type {Clock} */
export const systemClock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  set: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clear: (timer) => clearTimeout(timer),
};
