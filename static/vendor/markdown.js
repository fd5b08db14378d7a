export * from "./markdown-OT4SJVTK.js";
