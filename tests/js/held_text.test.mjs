import assert from "node:assert/strict";
import { test } from "node:test";

import { HeldText } from "../../static/js/board/held_text.js";
import { getType } from "../../static/js/collab/index.js";
import { seeded } from "./simulated/random.mjs";

const type = getType("json");
const insert = (at, si, id = "a") => ({ p: [id, "text", at], si });
const remove = (at, sd, id = "a") => ({ p: [id, "text", at], sd });

/** A field that shows `text`, and the document, to which `components` came since. */
function behind(text, ...components) {
  const held = new HeldText("a", type);
  held.release(text);
  let content = { a: { text, at: "a0" } };
  for (const component of components) {
    held.miss(component);
    content = type.apply(content, [component]);
  }
  return { held, content };
}

test("what is typed goes to its place among what the field does not show yet", () => {
  const { held, content } = behind("one three", insert(0, "zero "), insert(9, "two "));
  assert.equal(content.a.text, "zero one two three");
  const operation = held.typed("one three!", content.a.text);
  assert.equal(type.apply(content, operation).a.text, "zero one two three!");
  const caret = held.release("zero one two three!");
  assert.deepEqual([3, 10].map(caret), [8, 19]);
});

test("a word that was replaced while another was changed is replaced, and once", () => {
  const { held, content } = behind("milk, bred", remove(0, "milk"), insert(0, "Cheese"));
  const operation = held.typed("milk, bread", content.a.text);
  assert.equal(type.apply(content, operation).a.text, "Cheese, bread");
});

test("where the text was replaced, what is typed is added to the new one", () => {
  const { held } = behind("one");
  held.miss({ p: ["a"], od: { text: "one", at: "a0" }, oi: { text: "one or two", at: "a0" } });
  const content = { a: { text: "one or two", at: "a0" } };
  assert.equal(type.apply(content, held.typed("one!", "one or two")).a.text.replace("!", ""), "one or two");
});

test("what does not lead to the text of the document is no matter", () => {
  const { held } = behind("one", insert(0, "x"));
  const caret = held.release("one two");
  assert.deepEqual([held.text, caret(3)], ["one two", 3]);
});

test("changes without end are held as a difference", () => {
  const held = new HeldText("a", type);
  held.release("");
  let text = "";
  for (let count = 0; count < 3_000; count += 1) {
    held.miss(insert(count % 2 ? 0 : text.length, "x"));
    text += "x";
  }
  assert.equal(type.apply({ a: { text } }, held.typed("y", text)).a.text.replace("y", ""), text);
});

test("whatever others do, what is typed arrives, and the field ends as the document", () => {
  for (let seed = 0; seed < 300; seed += 1) {
    const random = seeded(seed);
    const held = new HeldText("a", type);
    let content = { a: { text: "some words", at: "a0" } };
    held.release(content.a.text);
    let typed = 0;
    for (let step = 0; step < 12; step += 1) {
      const { text } = content.a;
      const at = Math.floor(random() * (text.length + 1));
      if (random() < 0.6) {
        const component = random() < 0.6 || at === text.length ? insert(at, "·") : remove(at, text[at]);
        if (component.sd === "#") continue;
        content = type.apply(content, [component]);
        held.miss(component);
      } else {
        const place = Math.floor(random() * (held.text.length + 1));
        const operation = held.typed(`${held.text.slice(0, place)}#${held.text.slice(place)}`, text);
        content = type.apply(content, operation);
        typed += 1;
      }
      if (random() < 0.2) held.release(content.a.text);
    }
    assert.equal(content.a.text.split("#").length - 1, typed);
    held.release(content.a.text);
    assert.equal(held.text, content.a.text);
  }
});
