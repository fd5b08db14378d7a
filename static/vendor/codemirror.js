export * from "./codemirror-DRD35DRS.js";
