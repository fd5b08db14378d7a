"""Lines that are written from right to left, in Chromium."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_editor import focus, wait_until_saved, write

HEBREW = "שלום עולם, hello"
ENGLISH = "hello, שלום"
# Of the first letter, in the middle of what the line has room for: left is less than 0.
PLACE = """(line) => {
  const texts = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
  let text = texts.nextNode();
  while (!/\\p{L}/u.test(text.data)) text = texts.nextNode();
  const range = document.createRange();
  range.setStart(text, 0);
  range.setEnd(text, 1);
  const letter = range.getBoundingClientRect();
  const room = line.getBoundingClientRect();
  return letter.left + letter.right - room.left - room.right;
}"""


def assert_stands(line: Locator, direction: str) -> None:
    expect(line).to_have_css("direction", direction)
    place = line.evaluate(PLACE)
    assert (place > 0) == (direction == "rtl")


def test_each_line_of_a_text_and_its_preview_has_its_direction(open_page: OpenPage) -> None:
    page = open_page("/documents/doc")
    focus(page)
    write(page, f"{HEBREW}\n\n{ENGLISH}\n\n- {HEBREW}\n\n> {HEBREW}")
    wait_until_saved(page)
    lines = page.locator(".cm-line")
    for number, direction in ((0, "rtl"), (2, "ltr"), (4, "rtl"), (6, "rtl")):
        assert_stands(lines.nth(number), direction)
    preview = page.get_by_test_id("preview")
    expect(preview.locator("blockquote")).to_be_visible()
    assert_stands(preview.locator("article > .part > p").first, "rtl")
    assert_stands(preview.locator("article > .part > p").nth(1), "ltr")
    assert_stands(preview.locator("li"), "rtl")
    assert_stands(preview.locator("blockquote p"), "rtl")
    # The arrow to the left goes on in the line.
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowLeft")
    page.keyboard.type("x")
    expect(lines.first).to_contain_text(f"{HEBREW[0]}x{HEBREW[1:]}")


def test_each_line_of_a_rich_text_has_its_direction(open_page: OpenPage) -> None:
    page = open_page("/documents/doc?doc_type=richtext")
    page.locator(".ql-editor").click()
    for line in (HEBREW, ENGLISH, HEBREW):
        write(page, line)
        page.keyboard.press("Enter")
    write(page, HEBREW)
    page.get_by_test_id("format-bullet").click()
    wait_until_saved(page)
    lines = page.locator(".ql-editor p")
    for number, direction in ((0, "rtl"), (1, "ltr"), (2, "rtl")):
        assert_stands(lines.nth(number), direction)
    assert_stands(page.locator(".ql-editor li"), "rtl")
    page.reload()
    assert_stands(lines.first, "rtl")
    assert_stands(lines.nth(1), "ltr")
