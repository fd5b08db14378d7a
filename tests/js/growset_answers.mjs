/** Answers calls of the type `growset`: on stdin a JSON list of `[function, ...arguments]`, on stdout the results. */

import { readFileSync } from "node:fs";

import { getType } from "../../static/js/collab/index.js";
import "./growset.mjs";

const growset = getType("growset");
const calls = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(calls.map(([name, ...values]) => growset[name](...values))));
