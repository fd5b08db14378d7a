export * from "./quill-delta-CEGS2DDY.js";
