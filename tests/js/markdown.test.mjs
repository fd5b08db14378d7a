import assert from "node:assert/strict";
import { test } from "node:test";

import { LONG_PIECE, MarkdownBlocks, MAX_PIECES } from "../../static/js/editor/markdown_blocks.js";
import { parseBlocks, renderTokens } from "../../static/js/editor/markdown_renderer.js";
import { seeded } from "./simulated/random.mjs";

/** A text, and the row of pieces that a page has of it. */
class Shown {
  constructor(text) {
    this.blocks = new MarkdownBlocks();
    this.text = text;
    this.row = [];
    this.blocks.replace(text);
  }

  change(...changes) {
    this.blocks.change(changes);
    for (const { from, to, insert } of changes.toReversed()) {
      this.text = this.text.slice(0, from) + insert + this.text.slice(to);
    }
  }

  /** @returns {string[]} what was rendered anew */
  render(isBusy) {
    const { splices, lines, ...more } = this.blocks.render(isBusy);
    for (const { at, removed, inserted } of splices.toReversed()) this.row.splice(at, removed, ...inserted);
    assert.equal(lines.length, this.row.length);
    Object.assign(this, { lines, ...more });
    return splices.flatMap(({ inserted }) => inserted);
  }
}

function whole(text) {
  const shown = new Shown(text);
  shown.render();
  return shown.row;
}

const paragraphs = (count, words = "some *words* of a paragraph") =>
  Array.from({ length: count }, (_, index) => `${index} ${words}`).join("\n\n");

test("all pieces together are what the text is as a whole", () => {
  const text = "# Head\n\nOne\n\n- a\n- [x] b\n\n```js\ncode\n```\n\n| a |\n|:-:|\n| 1 |\n\n> quoted\n\n---\n\n[x]: https://example.org/\n\n[x]";
  const { tokens, references } = parseBlocks(text);
  const withoutLines = (html) => html.replace(/ data-line="\d+"/g, "");
  assert.equal(withoutLines(whole(text).join("")), withoutLines(renderTokens(tokens, references, 0)));
  const { lines } = new MarkdownBlocks().render();
  assert.equal(lines.length, 0);
});

test("only what has changed is rendered anew", () => {
  const shown = new Shown(paragraphs(300));
  assert.equal(shown.render().length, 300);
  const at = shown.text.indexOf("200 some");
  shown.change({ from: 0, to: 0, insert: "A" }, { from: at, to: at, insert: "B" });
  assert.deepEqual(shown.render().map((html) => html.match(/>(\w+)/)[1]), ["A0", "B200"]);
  shown.change({ from: 0, to: 0, insert: "# New\n\n" });
  assert.equal(shown.render().length, 1);
  assert.deepEqual([...shown.lines].slice(0, 3), [0, 2, 4]);
  assert.deepEqual(shown.render(), []);
});

test("what a change joins or parts is rendered with it", () => {
  const shown = new Shown("one\n\ntwo\n\nthree\n\nfour");
  shown.render();
  shown.change({ from: 3, to: 5, insert: "\n" });
  assert.equal(shown.render().length, 1);
  assert.equal(shown.row.length, 3);
  shown.change({ from: shown.text.indexOf("three"), to: shown.text.indexOf("three"), insert: "```\n" });
  shown.render();
  assert.deepEqual(shown.row, whole(shown.text));
});

test("where references lead to another place, what names them is rendered anew", () => {
  const shown = new Shown(`${paragraphs(20)}\n\nsee [it]\n\nand [nothing]\n\n[it]: https://one.example/`);
  shown.render();
  shown.change({ from: shown.text.length - 1, to: shown.text.length, insert: "x/" });
  assert.deepEqual(shown.render().map((html) => html.match(/href="(.*?)"/)[1]), ["https://one.examplex/"]);
  shown.change({ from: shown.text.indexOf("[it]:"), to: shown.text.length, insert: "" });
  shown.render();
  assert.deepEqual(shown.row, whole(shown.text));
});

test("long lists and long code are in pieces of their own", () => {
  const list = Array.from({ length: 1000 }, (_, index) => `${index + 5}. item`).join("\n");
  const code = Array.from({ length: 1000 }, (_, index) => `line ${index}`).join("\n");
  for (const text of [list, list.replace(/^\d+\./gm, "-"), `\`\`\`\n${code}\n\`\`\``, `    ${code.replaceAll("\n", "\n    ")}`]) {
    const shown = new Shown(text);
    shown.render();
    assert.ok(shown.row.length >= 10 && shown.row.length <= 30);
    const items = (html) => html.match(/item|line \d/g);
    assert.equal(shown.row.flatMap(items).length, 1000);
    const at = shown.text.indexOf("\n", shown.text.length / 2);
    shown.change({ from: at, to: at, insert: "x" });
    assert.equal(shown.render().length, 1);
    assert.ok(shown.row[0].includes('class="is-unfinished"') && shown.row.at(-1).includes('class="is-begun"'));
  }
  assert.match(whole(list)[1], /start="\d\d"/);
});

test("a long paragraph stays as it is while somebody types, and is shown then", () => {
  const shown = new Shown(`short\n\n${"word ".repeat(LONG_PIECE / 4)}\n\nend`);
  shown.render();
  shown.change({ from: 0, to: 0, insert: "A" }, { from: 20, to: 20, insert: "B" });
  assert.equal(shown.render(true).length, 1);
  assert.ok(shown.isBehind && !shown.row[1].includes("B"));
  shown.change({ from: 21, to: 21, insert: "C" });
  assert.equal(shown.render(true).length, 0);
  assert.equal(shown.render().length, 1);
  assert.ok(!shown.isBehind);
  assert.deepEqual(shown.row, whole(shown.text));
});

test("a text of very many pieces is cut", () => {
  const shown = new Shown("a\n\n".repeat(MAX_PIECES + 10));
  shown.render();
  assert.ok(shown.isCut);
  assert.equal(shown.row.length, MAX_PIECES);
});

const SNIPPETS = [
  "word", "\n", "\n\n", "# head\n", "- item\n", "  - deeper\n", "1. one\n", "> quote\n", "```\n", "    code\n", "---\n", "===\n",
  "| a | b |\n|---|---|\n| 1 | 2 |\n", "[x]", "[x]: /there\n", "**", "`", "\r\n", "\r", "\0", "<b>", "* * *\n", "+ other\n", " ", "\t",
  Array.from({ length: 70 }, (_, index) => `- many ${index}\n`).join(""), "line\n".repeat(80),
];

test("whatever is changed, what is shown is that of the text", () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const random = seeded(seed);
    const below = (count) => Math.floor(random() * count);
    const some = () => Array.from({ length: below(4) }, () => SNIPPETS[below(SNIPPETS.length)]).join("");
    const shown = new Shown(Array.from({ length: 20 }, some).join("\n"));
    for (let step = 0; step < 12; step += 1) {
      const places = Array.from({ length: 2 * (1 + below(3)) }, () => below(shown.text.length + 1)).sort((a, b) => a - b);
      const changes = [];
      for (let index = 0; index < places.length; index += 2) {
        const from = places[index];
        const to = random() < 0.5 ? from : Math.min(places[index + 1], from + 30);
        if (from > (changes.at(-1)?.to ?? -1)) changes.push({ from, to, insert: some() });
      }
      shown.change(...changes);
      if (random() < 0.3) continue;
      shown.render(random() < 0.3);
      if (!shown.isBehind) same(shown, seed);
    }
    shown.render();
    same(shown, seed);
  }
});

/** Long blocks may be cut at other places; all that is in them is the same. */
function same(shown, seed) {
  const inner = (row) => row.join("").replace(/ data-line="\d+"| class="is-[^"]*"| start="\d+"/g, "").replace(/<\/(ul|ol)>\n<\1( dir="\w+")?>\n|<\/code><\/pre>\n<pre><code( class="[^"]*")?>/g, "");
  assert.equal(inner(shown.row), inner(whole(shown.text)), `seed ${seed}`);
}
