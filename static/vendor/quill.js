export * from "./quill-APXG36DP.js";
