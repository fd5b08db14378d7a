export * from "./dompurify-LSDMU45X.js";
