import Delta from "quill-delta";

export { Delta };
