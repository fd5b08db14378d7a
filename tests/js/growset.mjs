/** The type `growset` for the JavaScript client: a set of texts that grows, as tests/ot/growset.py has it. */

import { registerType } from "../../static/js/collab/index.js";

const parts = ({ add = [], remove = [] }) => [new Set(add), new Set(remove)];

const madeOf = (add, remove) =>
  Object.fromEntries(Object.entries({ add, remove }).filter(([, texts]) => texts.length).map(([key, texts]) => [key, sorted(texts)]));

/** By code points, as Python sorts; `<` compares UTF-16 code units. */
const sorted = (texts) => [...new Set(texts)].sort(compare);

function compare(one, other) {
  const [ours, theirs] = [[...one], [...other]];
  const at = ours.findIndex((character, index) => character !== theirs[index]);
  if (at < 0) return ours.length - theirs.length;
  return at < theirs.length ? ours[at].codePointAt() - theirs[at].codePointAt() : 1;
}

export const growset = {
  name: "growset",
  empty: {},
  create: (content = []) => sorted(content),
  isEmpty: (operation) => !operation.add?.length && !operation.remove?.length,
  check(operation) {
    const lists = [operation?.add ?? [], operation?.remove ?? []];
    if (!lists.flat().every((text) => typeof text === "string")) throw new TypeError("expected lists of texts");
  },
  normalize: ({ add = [], remove = [] }) => madeOf(add, remove),
  apply(content, operation) {
    const [add, remove] = parts(operation);
    return sorted([...content.filter((text) => !remove.has(text)), ...add]);
  },
  compose(first, second) {
    const [[add, remove], [laterAdd, laterRemove]] = [parts(first), parts(second)];
    return madeOf(
      [...[...add].filter((text) => !laterRemove.has(text)), ...laterAdd],
      [...[...remove].filter((text) => !laterAdd.has(text)), ...laterRemove],
    );
  },
  transform({ add = [], remove = [] }, other) {
    const [added] = parts(other);
    return madeOf(add, remove.filter((text) => !added.has(text)));
  },
  invert: ({ add = [], remove = [] }, content) =>
    madeOf(
      remove.filter((text) => content.includes(text)),
      add.filter((text) => !content.includes(text)),
    ),
  difference: (before, after) =>
    madeOf(
      after.filter((text) => !before.includes(text)),
      before.filter((text) => !after.includes(text)),
    ),
};

registerType(growset);
