"""The search of a rich text by the keyboard, in Chromium: what is marked, and the way back."""

from __future__ import annotations

from typing import Any

import httpx2
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.raweditor import raw
from tests.serverprocess import ServerProcess

PATH = "/documents/doc?doc_type=richtext"

MARKED = """() => ["found", "found-current"].map((name) =>
  [...(CSS.highlights.get(name) ?? [])].map((range) => String(range)))"""

WITHOUT_HIGHLIGHTS = "delete CSS.highlights; delete CSS.__proto__.highlights;"
DRAWN = "() => document.querySelectorAll('.found-marks > div').length"
SELECTED = "() => [String(getSelection()), document.activeElement.className.includes('ql-editor')]"


def count(page: Page) -> Any:
    return expect(page.get_by_test_id("find-count"))


def write(server: ServerProcess, lines: int = 0) -> Any:
    ops: list[dict[str, Any]] = [
        {"insert": "Milk, and m"},
        {"insert": "ore mi", "attributes": {"bold": True}},
        {"insert": "lk "},
        {"insert": {"formula": "milk"}},
        {"insert": "\n"},
        {"insert": "a\nb\n" * lines},
        {"insert": "MILK"},
        {"insert": "\n", "attributes": {"list": "bullet"}},
        {"insert": "x = milk"},
        {"insert": "\n", "attributes": {"code-block": True}},
    ]
    with raw(server, "richtext") as editor:
        assert editor.edit({"ops": [op for op in ops if op["insert"] != ""]})
    return content(server)


def content(server: ServerProcess) -> Any:
    return httpx2.get(f"{server.url}/api/documents/doc").json()["content"]


def test_a_rich_text_is_searched_and_left_as_it_was(
    open_page: OpenPage, server: ServerProcess
) -> None:
    before = write(server, lines=200)
    page = open_page(PATH)
    page.locator(".ql-editor").focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Control+f")
    expect(page.get_by_test_id("find-input")).to_be_focused()
    page.keyboard.type("milk")
    count(page).to_have_text("1 of 4")
    assert page.evaluate(MARKED) == [["milk", "MILK", "milk"], ["Milk"]]
    page.keyboard.press("Enter")
    count(page).to_have_text("2 of 4")
    assert page.evaluate(MARKED) == [["Milk", "MILK", "milk"], ["milk"]]
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('main').scrollTop > 1000")
    for key, expected in (("Enter", "4 of 4"), ("Enter", "1 of 4"), ("Shift+Enter", "4 of 4")):
        page.keyboard.press(key)
        count(page).to_have_text(expected)
    # The focus goes back into the text, to what was found.
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("find-bar")).to_be_hidden()
    assert page.evaluate(SELECTED) == ["milk", True]
    assert page.evaluate(MARKED) == [[], []]
    assert content(server) == before
    # What is selected is looked for; without a match the focus goes back to where it was.
    page.keyboard.press("Control+f")
    count(page).to_have_text("4 of 4")
    page.get_by_test_id("find-input").fill("nothing of that kind")
    count(page).to_have_text("No matches")
    page.keyboard.press("Escape")
    assert page.evaluate(SELECTED)[1]


def test_matches_are_counted_anew_while_others_write(
    open_page: OpenPage, server: ServerProcess
) -> None:
    write(server)
    page = open_page(PATH)
    expect(page.locator(".ql-editor")).to_contain_text("MILK")
    page.get_by_test_id("theme-toggle").focus()
    page.keyboard.press("Control+f")
    page.keyboard.type("milk")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    count(page).to_have_text("3 of 4")
    with raw(server, "richtext") as editor:
        assert editor.edit({"ops": [{"insert": "milk milk "}]})
    count(page).to_have_text("5 of 6")
    assert page.evaluate(MARKED)[1] == ["MILK"]
    expect(page.get_by_test_id("find-status")).to_have_text("5 of 6")


def test_marks_are_drawn_where_the_browser_can_not_highlight(
    open_page: OpenPage, server: ServerProcess
) -> None:
    write(server)
    page = open_page("/sign-in")
    page.context.add_init_script(WITHOUT_HIGHLIGHTS)
    page.goto(server.url + PATH)
    expect(page.locator(".ql-editor")).to_contain_text("MILK")
    page.keyboard.press("Control+f")
    page.keyboard.type("milk")
    count(page).to_have_text("1 of 4")
    # One of the matches is drawn in two parts.
    page.wait_for_function(f"() => ({DRAWN})() === 5")
    page.keyboard.press("Escape")
    assert page.evaluate(DRAWN) == 0
