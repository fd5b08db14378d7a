export * from "./codemirror-UCH6CPZ4.js";
