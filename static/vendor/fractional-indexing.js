export * from "./fractional-indexing-LCAMVAYL.js";
