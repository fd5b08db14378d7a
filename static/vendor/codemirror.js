export * from "./codemirror-XMAE5VYG.js";
