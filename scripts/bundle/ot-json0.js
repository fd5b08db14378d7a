import { type as json0 } from "ot-json0";
import bootstrapTransform from "ot-json0/lib/bootstrapTransform.js";
import text0 from "ot-json0/lib/text0.js";

export { bootstrapTransform, json0, text0 };
