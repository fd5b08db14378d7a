// quill-delta and ot-json0 at the work that benchmarks/ot/contenders.py describes.
//
//   node benchmarks/ot/node.mjs FOLDER      the folder whose node_modules holds them
//
// Each line of standard input is a question as JSON, each line of standard output its answer.
//   {"prepare": library, "task", "content", "operations", "others"}
//   {"run": library}     does the work once; the CPU seconds of the whole process in its timed part
//   {"end": library}     the content after the last run
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(`${resolve(process.argv[2])}/`);
const Delta = require("quill-delta");
const json0 = require("ot-json0").type;

const quill = {
  content: (content) => new Delta(content.ops),
  operation: (operation) => new Delta(operation.ops),
  apply: (content, operation) => content.compose(operation),
  compose: (first, second) => first.compose(second),
  transform: (operation, other) => other.transform(operation, true),
  plain: (content) => ({ ops: content.ops }),
};

const json = {
  // It changes its content in place.
  content: (content) => JSON.parse(JSON.stringify(content)),
  operation: (operation) => operation,
  apply: json0.apply,
  compose: json0.compose,
  transform: (operation, other) => json0.transform(operation, other, "right"),
  plain: (content) => content,
};

const libraries = { "quill-delta": quill, "ot-json0": json };
const prepared = {};

function run({ library, task, content, operations, others }) {
  const { apply, compose, transform } = library;
  let end = library.content(content);
  const started = process.cpuUsage();
  if (task === "compose") {
    let composed = operations[0];
    for (let i = 1; i < operations.length; i++) composed = compose(composed, operations[i]);
    const spent = process.cpuUsage(started);
    return { spent, end: apply(end, composed) };
  }
  for (let i = 0; i < operations.length; i++) {
    if (task === "transform") transform(operations[i], others[i]);
    end = apply(end, operations[i]);
  }
  return { spent: process.cpuUsage(started), end };
}

function answer(question) {
  const name = question.prepare ?? question.run ?? question.end;
  if (question.prepare) {
    const library = libraries[name];
    prepared[name] = {
      library,
      task: question.task,
      content: question.content,
      operations: question.operations.map(library.operation),
      others: question.others.map(library.operation),
    };
    return true;
  }
  if (question.end) return prepared[name].library.plain(prepared[name].end);
  const { spent, end } = run(prepared[name]);
  prepared[name].end = end;
  return (spent.user + spent.system) / 1e6;
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
}
