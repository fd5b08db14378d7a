export * from "./codemirror-QP3YKP5A.js";
