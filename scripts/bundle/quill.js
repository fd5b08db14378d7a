import Quill from "quill/core.js";
import Module from "quill/core/module.js";
import Uploader from "quill/modules/uploader.js";
import Embed from "quill/blots/embed.js";
import Blockquote from "quill/formats/blockquote.js";
import Bold from "quill/formats/bold.js";
import CodeBlock, { Code } from "quill/formats/code.js";
import Header from "quill/formats/header.js";
import Image from "quill/formats/image.js";
import Italic from "quill/formats/italic.js";
import Link from "quill/formats/link.js";
import List from "quill/formats/list.js";
import Strike from "quill/formats/strike.js";
import Underline from "quill/formats/underline.js";

const formats = { Blockquote, Bold, Code, CodeBlock, Header, Image, Italic, Link, List, Strike, Underline };
export { Embed, Module, Quill, Uploader, formats };
