export { generateKeyBetween, generateNKeysBetween } from "fractional-indexing";
