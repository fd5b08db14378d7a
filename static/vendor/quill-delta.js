export * from "./quill-delta-OD2ZDKHA.js";
