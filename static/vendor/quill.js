export * from "./quill-ZRC6NZQO.js";
