export * from "./ot-json0-DO2GY6SZ.js";
