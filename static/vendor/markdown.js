export * from "./markdown-7TZV7YTX.js";
