// Answers of ot-json0, to compare ours with. One process serves a whole run.
//
//   node tests/ot/oracle_json.mjs FOLDER      the folder whose node_modules holds ot-json0
//
// Each line of standard input is a case as JSON, each line of standard output its answer.
//   in    {"content", "a", "b", "c"}: a and b apply to content, c to what a makes of it
//   in    {"seed": n}: the oracle makes up the case
//   out   the case, with the answers that tests/ot/make_json_vectors.py describes; one that
//         ot-json0 throws on is {"error": message}
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

import { random } from "./random.mjs";

const { type } = createRequire(`${resolve(process.argv[2])}/`)("ot-json0");

// ot-json0 changes what it is given.
const copy = (value) => JSON.parse(JSON.stringify(value));
const applied = (content, operation) => type.apply(copy(content), copy(operation));

function tried(call) {
  try {
    return call();
  } catch (error) {
    return { error: String(error.message) };
  }
}

function answer({ content, a, b, c }) {
  const transformed = (one, other, side) => type.transform(copy(one), copy(other), side);
  return {
    content, a, b, c,
    applied_a: tried(() => applied(content, a)),
    applied_b: tried(() => applied(content, b)),
    merged: tried(() => applied(applied(content, a), transformed(b, a, "right"))),
    merged_other: tried(() => applied(applied(content, b), transformed(a, b, "left"))),
    compose: tried(() => type.compose(copy(a), copy(c))),
    transform_left: tried(() => transformed(a, b, "left")),
    transform_right: tried(() => transformed(b, a, "right")),
    invert_a: tried(() => type.invert(copy(a))),
  };
}

function made(seed) {
  const below = random(seed);
  const pick = (choices) => choices[below(choices.length)];
  const text = () => pick(["", "a", "b\n", "é", "漢😀", "👨‍👩‍👧"]);
  const value = (depth) => {
    const kind = depth > 0 ? below(4) : below(2);
    if (kind === 0) return text();
    if (kind === 1) return pick([null, true, false, 0, 1, -7, 2.5]);
    if (kind === 2) return Array.from({ length: below(4) }, () => value(depth - 1));
    return Object.fromEntries(
      Array.from({ length: below(3) }, () => [pick(["x", "y", "é"]), value(depth - 1)]),
    );
  };
  const board = () => ({
    list: Array.from({ length: 1 + below(4) }, () => value(1)),
    map: { x: value(1), text: "ab😀é" },
    number: below(9),
  });
  const component = ({ list, map }) => {
    const at = below(list.length || 1);
    const inList = list.length > 0;
    const key = pick(["x", "y", "é"]);
    switch (below(8)) {
      case 0: return { p: ["list", below(list.length + 1)], li: value(1) };
      case 1: return inList && { p: ["list", at], ld: list[at] };
      case 2: return inList && { p: ["list", at], ld: list[at], li: value(1) };
      case 3: return inList && { p: ["list", at], lm: below(list.length) };
      case 4: return key in map ? { p: ["map", key], od: map[key] }
        : { p: ["map", key], oi: value(1) };
      case 5: return key in map && { p: ["map", key], od: map[key], oi: value(1) };
      case 6: return { p: ["number"], na: below(9) - 4 };
      default: {
        const points = Array.from(map.text);
        const first = below(points.length + 1);
        const offset = points.slice(0, first).join("").length;
        const deleted = points.slice(first, first + 1 + below(3)).join("");
        return below(2) && deleted ? { p: ["map", "text", offset], sd: deleted }
          : { p: ["map", "text", offset], si: text() || "z" };
      }
    }
  };
  const change = (content) => {
    const operation = [];
    for (let left = below(4); left > 0; left -= 1) {
      const one = component(content);
      if (!one) continue;
      operation.push(copy(one));
      content = applied(content, [one]);
    }
    return type.normalize(operation);
  };
  const content = board();
  const a = change(copy(content));
  const b = change(copy(content));
  const c = change(applied(content, a));
  return { content, a, b, c };
}

for await (const line of createInterface({ input: process.stdin })) {
  const given = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(answer("seed" in given ? made(given.seed) : given))}\n`);
}
