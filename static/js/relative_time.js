/** "5 minutes ago": as people say it, in their language. */

const STEPS = [
  [60, "second", 1],
  [3600, "minute", 60],
  [86_400, "hour", 3600],
  [604_800, "day", 86_400],
  [2_629_800, "week", 604_800],
  [31_557_600, "month", 2_629_800],
  [Infinity, "year", 31_557_600],
];

/** @param {Date} then @param {number} now milliseconds */
export function relativeTime(then, now, language = undefined) {
  const seconds = Math.max(0, (now - then.getTime()) / 1000);
  if (seconds < 10) return "just now";
  const [, unit, size] = STEPS.find(([below]) => seconds < below);
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  return format.format(-Math.floor(seconds / size), unit);
}
