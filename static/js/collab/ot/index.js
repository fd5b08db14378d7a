/** All operation types that come with collab, and what adds one of your own. */

import { json } from "./json.js";
import { registerType } from "./registry.js";
import { richtext } from "./richtext.js";
import { text } from "./text.js";

[text, richtext, json].forEach(registerType);

export { getType, registerType, types } from "./registry.js";
