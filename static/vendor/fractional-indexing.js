export * from "./fractional-indexing-2PAQJU6S.js";
