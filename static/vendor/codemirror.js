export * from "./codemirror-BQTSWGPE.js";
