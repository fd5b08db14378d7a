import assert from "node:assert/strict";
import { test } from "node:test";

import { shownAttributes } from "../../static/js/richtext/attributes.js";

test("the formats of the page are shown", () => {
  const attributes = {
    bold: true, italic: true, underline: true, strike: true, code: true, blockquote: true, link: "https://a.example/",
    header: 2, list: "bullet", "code-block": true, alt: "a picture", width: "10", height: "20px",
  };
  assert.deepEqual(shownAttributes(attributes, true), attributes);
  assert.deepEqual(shownAttributes({ header: "3", width: 10, "code-block": "c++" }, true), { header: 3, width: "10", "code-block": "c++" });
});

test("a format that is taken away is, and one that is put in has nothing to take", () => {
  assert.deepEqual(shownAttributes({ bold: null, list: null }, false), { bold: null, list: null });
  assert.equal(shownAttributes({ bold: null }, true), undefined);
  assert.equal(shownAttributes(undefined, true), undefined);
});

test("what the widget doesn't know, or would break on, it is not given", () => {
  const inner = ["block", "inline", "scroll", "text", "break", "cursor", "container", "embed", "image", "unknown-embed"];
  const ofObjects = ["constructor", "toString", "hasOwnProperty", "__proto__"];
  for (const name of [...inner, ...ofObjects, "color", "style", "onclick", "class", "sparkle"]) {
    assert.equal(shownAttributes(JSON.parse(`{${JSON.stringify(name)}: "x"}`), true), undefined, name);
  }
  const wrong = { header: 7, list: "x\" onclick=\"y", link: 7, width: "1;x", height: {}, alt: [] };
  assert.equal(shownAttributes(wrong, true), undefined);
  // It may have been another one before.
  assert.deepEqual(shownAttributes({ header: 7, list: 7 }, false), { header: null, list: null });
  assert.deepEqual(shownAttributes({ "code-block": "\"><x>", bold: "yes" }, true), { "code-block": true, bold: true });
});
