export * from "./ot-json0-LPABUUHA.js";
