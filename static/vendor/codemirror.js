export * from "./codemirror-SBVCLDCU.js";
