"""The search of a document by the keyboard, in Chromium: what is found, and the way back."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.raweditor import raw
from tests.browser.test_board import add, open_board, part, wait_for_texts
from tests.browser.test_editor import wait_for_text
from tests.serverprocess import ServerProcess

TEXT = "/documents/doc?doc_type=text"

MARKED = "() => [...document.querySelectorAll('.item-marks mark')].map((mark) => mark.textContent)"
SELECTED = """() => {
  const { value, selectionStart, selectionEnd } = document.activeElement;
  return value.slice(selectionStart, selectionEnd);
}"""


def count(page: Page) -> Any:
    return expect(page.get_by_test_id("find-count"))


def marked(page: Page) -> list[str]:
    found: list[str] = page.evaluate(MARKED)
    return found


def test_a_board_is_searched_from_wherever_one_is(open_page: OpenPage) -> None:
    page = open_board(open_page)
    add(page, "Milk, and more milk", "bread", "MILK\u00a0powder", "one + one")
    page.get_by_test_id("theme-toggle").focus()
    page.keyboard.press("Control+f")
    expect(page.get_by_test_id("find-input")).to_be_focused()
    page.keyboard.type("milk")
    count(page).to_have_text("1 of 3")
    assert marked(page) == ["Milk", "milk", "MILK"]
    expect(page.locator("mark.is-current")).to_have_text("Milk")
    for key, expected in (
        ("Enter", "2 of 3"),
        ("Enter", "3 of 3"),
        ("Enter", "1 of 3"),
        ("Shift+Enter", "3 of 3"),
        ("F3", "1 of 3"),
        ("Shift+F3", "3 of 3"),
        ("Control+g", "1 of 3"),
        ("Control+Shift+G", "3 of 3"),
    ):
        page.keyboard.press(key)
        count(page).to_have_text(expected)
    expect(page.get_by_test_id("find-input")).to_be_focused()
    expect(page.get_by_test_id("find-status")).to_have_text("3 of 3")
    page.get_by_test_id("find-previous").click()
    count(page).to_have_text("2 of 3")
    page.get_by_test_id("find-next").click()
    count(page).to_have_text("3 of 3")
    # A space is one that does not break, too; a sign is no pattern.
    page.get_by_test_id("find-input").fill("milk p")
    count(page).to_have_text("1 of 1")
    page.get_by_test_id("find-input").fill("+ o")
    count(page).to_have_text("1 of 1")
    page.get_by_test_id("find-input").fill("nowhere")
    count(page).to_have_text("No matches")
    expect(page.get_by_test_id("find-status")).to_have_text("No matches")
    assert marked(page) == []
    expect(page.get_by_test_id("find-next")).to_be_disabled()


def test_escape_leads_to_what_was_found_or_back(open_page: OpenPage) -> None:
    page = open_board(open_page)
    add(page, "milk", "bread and milk")
    part(page, "text", 1).press("Home")
    page.keyboard.press("Control+f")
    page.keyboard.type("mil")
    # From where one was.
    count(page).to_have_text("2 of 2")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("find-bar")).to_be_hidden()
    expect(part(page, "text", 1)).to_be_focused()
    assert page.evaluate(SELECTED) == "mil"
    assert marked(page) == []
    # What is selected is looked for next.
    page.keyboard.press("Control+f")
    expect(page.get_by_test_id("find-input")).to_have_value("mil")
    page.keyboard.type("nowhere")
    page.keyboard.press("Escape")
    expect(part(page, "text", 1)).to_be_focused()
    part(page, "done", 0).focus()
    page.keyboard.press("Control+f")
    page.get_by_test_id("find-input").fill("")
    page.get_by_test_id("find-close").click()
    expect(part(page, "done", 0)).to_be_focused()


def test_what_others_write_meanwhile_counts(open_page: OpenPage) -> None:
    ann, bob = open_board(open_page), open_board(open_page)
    add(ann, "milk", "bread, milk", "milk")
    wait_for_texts(bob, "milk", "bread, milk", "milk")
    ann.keyboard.press("Control+f")
    ann.keyboard.type("milk")
    ann.keyboard.press("Enter")
    count(ann).to_have_text("2 of 3")
    # The one that is shown stays the one that is shown.
    part(bob, "text", 1).press("Home")
    bob.keyboard.type("milk and ")
    count(ann).to_have_text("3 of 4")
    part(bob, "delete", 0).click()
    count(ann).to_have_text("2 of 3")
    expect(ann.locator("mark.is-current")).to_have_count(1)
    ann.keyboard.press("Escape")
    expect(part(ann, "text", 0)).to_be_focused()
    assert ann.evaluate("() => document.activeElement.selectionStart") == len("milk and bread, ")


def test_the_marks_lie_where_the_letters_are(open_page: OpenPage) -> None:
    page = open_board(open_page, viewport={"width": 390, "height": 780})
    add(page, "words that go on for more than one line, up to the one that is looked for: needle")
    page.keyboard.press("Control+f")
    page.keyboard.type("needle")
    boxes: Any = page.evaluate(
        """() => [".item-text", ".item-marks", "mark"].map((selector) => {
          const { top, bottom, width } = document.querySelector(selector).getBoundingClientRect();
          return { top, bottom, width };
        })"""
    )
    text, layer, mark = boxes
    assert text == layer
    # In the last line.
    assert text["bottom"] - mark["bottom"] < mark["bottom"] - mark["top"]
    assert mark["top"] - text["top"] > mark["bottom"] - mark["top"]


def test_a_match_out_of_view_is_brought_into_it(open_page: OpenPage) -> None:
    page = open_board(open_page)
    add(page, *(f"item {number}" for number in range(40)))
    page.get_by_test_id("board").evaluate("(board) => board.scrollTo(0, 0)")
    page.keyboard.press("Control+f")
    page.keyboard.type("item 39")
    expect(part(page, "text", 39)).to_be_in_viewport()


@pytest.mark.parametrize("doc_type", ["text", "json"])
def test_every_page_has_one(open_page: OpenPage, doc_type: str) -> None:
    page = open_page(f"/documents/doc?doc_type={doc_type}")
    expect(page.get_by_test_id("save-state")).to_contain_text("Saved")
    page.keyboard.press("Control+f")
    field = page.locator(".cm-search input[name=search], [data-testid=find-input]")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()


def look_for(page: Page, query: str) -> None:
    """The panel searches at the next key."""
    field = page.locator(".cm-search input[name=search]")
    field.fill(query)
    field.press("End")


def text_with(open_page: OpenPage, server: ServerProcess, content: str) -> Page:
    with raw(server, "text") as editor:
        assert editor.edit({"ops": [{"insert": content}]})
    page = open_page(TEXT)
    wait_for_text(page, content[:40])
    page.locator(".cm-content").focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Control+f")
    return page


def test_matches_in_a_text_are_counted_as_they_are_searched(
    open_page: OpenPage, server: ServerProcess
) -> None:
    page = text_with(open_page, server, "milk Milk milkman\nmilk\nbread")
    page.keyboard.type("milk")
    count(page).to_have_text("4 matches")
    for key, expected in (
        ("Enter", "1 of 4"),
        ("Enter", "2 of 4"),
        ("F3", "3 of 4"),
        ("Shift+Enter", "2 of 4"),
        ("Control+g", "3 of 4"),
    ):
        page.keyboard.press(key)
        count(page).to_have_text(expected)
    expect(page.get_by_test_id("find-status")).to_have_text("3 of 4")
    page.get_by_label("by word").check()
    count(page).to_have_text("3 matches")
    page.get_by_label("match case").check()
    count(page).to_have_text("2 matches")
    page.get_by_label("by word").uncheck()
    page.get_by_label("regexp").check()
    look_for(page, "m[a-z]+\\nb")
    count(page).to_have_text("1 match")
    look_for(page, "m[")
    count(page).to_have_text("")
    look_for(page, "")
    page.keyboard.press("Escape")
    # The count starts again with the panel.
    page.keyboard.press("Control+f")
    page.keyboard.type("bread")
    count(page).to_have_text("1 match")


def test_others_change_the_count_of_a_text(open_page: OpenPage, server: ServerProcess) -> None:
    page = text_with(open_page, server, "milk\nbread\nmilk")
    page.keyboard.type("milk")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    count(page).to_have_text("2 of 2")
    with raw(server, "text") as editor:
        assert editor.edit({"ops": [{"insert": "milk, "}]})
        count(page).to_have_text("3 of 3")
        assert editor.edit({"ops": [{"delete": 6}]})
        count(page).to_have_text("2 of 2")


def test_a_count_has_an_end(open_page: OpenPage, server: ServerProcess) -> None:
    page = text_with(open_page, server, "milk bread " * 12_000)
    page.keyboard.type("bread")
    count(page).to_have_text("more than 10,000 matches")
    page.keyboard.press("Enter")
    count(page).to_have_text("1 of more than 10,000")
