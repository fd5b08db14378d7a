export * from "./quill-WA5EC7MM.js";
