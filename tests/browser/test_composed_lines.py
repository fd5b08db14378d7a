"""Words that an input method composes while others write in the same line, in Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.raweditor import Raw, raw
from tests.serverprocess import ServerProcess

TEXT = "first line\nsecond one and more\nthird line"
CARET = len("first line\nsecond one")

# What others do when にほ is composed behind "second one", and a line that there is in the end.
EDITS = {
    "at the start of the line": ([{"retain": 11}, {"insert": "A "}], "A second one日本! and more"),
    "before the word": ([{"retain": 18}, {"insert": "B "}], "second B one日本! and more"),
    "behind the word": ([{"retain": 27}, {"insert": "D"}], "second one日本! andD more"),
    "at the end of the line": ([{"retain": 32}, {"insert": " E"}], "second one日本! and more E"),
    "a deletion": ([{"retain": 11}, {"delete": 7}], "one日本! and more"),
    "a new line": ([{"retain": 17}, {"insert": "\n"}], "second"),
    "a line less": ([{"retain": 10}, {"delete": 1}], None),
}


@pytest.fixture
def other(server: ServerProcess) -> Iterator[Raw]:
    with raw(server, "text") as editor:
        yield editor


def content(server: ServerProcess) -> Any:
    return httpx2.get(f"{server.url}/api/documents/doc").json()["content"]


def compose(method: CDPSession, text: str) -> None:
    end = len(text)
    method.send(
        "Input.imeSetComposition", {"selectionStart": end, "selectionEnd": end, "text": text}
    )


def saved(page: Page) -> None:
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")


def composing(open_page: OpenPage, other: Raw) -> tuple[Page, CDPSession]:
    """A page where にほ is being composed behind "second one", and its input method."""
    assert other.edit({"ops": [{"insert": TEXT}]})
    page = open_page("/documents/doc?doc_type=text")
    wait_for_lines(page, TEXT)
    page.locator(".cm-content").click()
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowDown")
    for _ in "second one":
        page.keyboard.press("ArrowRight")
    page.evaluate(
        "window.ends = 0;"
        "document.addEventListener('compositionend', () => (window.ends += 1), true)"
    )
    method = page.context.new_cdp_session(page)
    compose(method, "に")
    compose(method, "にほ")
    saved(page)
    return page, method


def wait_for_lines(page: Page, text: str) -> None:
    page.wait_for_function(
        "wanted => [...document.querySelectorAll('.cm-line')].map(each => each.textContent)"
        ".join('\\n') === wanted",
        arg=text,
    )


@pytest.mark.parametrize("name", EDITS)
def test_what_others_do_in_the_line_leaves_the_word_to_its_end(
    open_page: OpenPage, server: ServerProcess, other: Raw, name: str
) -> None:
    operation, line = EDITS[name]
    page, method = composing(open_page, other)
    other.catch_up()
    other.send(type="presence", cursor={"anchor": 14, "head": 16}, version=other.version)
    assert other.edit({"ops": operation})
    other.send(type="presence", cursor={"anchor": 15, "head": 15}, version=other.version)
    # A change of another line is shown at once, and comes later.
    assert other.edit({"ops": [{"insert": "Z"}]})
    expect(page.locator(".cm-line").first).to_have_text("Zfirst line")
    compose(method, "にほん")
    assert page.evaluate("window.ends") == 0
    method.send("Input.insertText", {"text": "日本"})
    page.keyboard.type("!")
    saved(page)
    text = content(server)
    assert "one日本! and" in text
    assert line is None or line in text.split("\n")
    wait_for_lines(page, text)
    assert page.evaluate("window.ends") == 1


def test_a_composition_in_another_line_shows_what_waited_for_the_first(
    open_page: OpenPage, server: ServerProcess, other: Raw
) -> None:
    page, method = composing(open_page, other)
    other.catch_up()
    assert other.edit({"ops": [{"retain": 11}, {"insert": "A "}]})
    assert other.edit({"ops": [{"insert": "Z"}]})
    expect(page.locator(".cm-line").first).to_have_text("Zfirst line")
    method.send("Input.insertText", {"text": "日本"})
    page.keyboard.press("Control+End")
    compose(method, "か")
    expect(page.locator(".cm-line").nth(1)).to_have_text("A second one日本 and more")
    method.send("Input.insertText", {"text": "火"})
    saved(page)
    assert content(server) == "Zfirst line\nA second one日本 and more\nthird line火"
    wait_for_lines(page, content(server))


def test_the_own_cursor_is_told_where_it_is_in_the_document(
    open_page: OpenPage, other: Raw
) -> None:
    _, method = composing(open_page, other)
    other.catch_up()
    assert other.edit({"ops": [{"retain": 11}, {"insert": "A "}]})
    method.send(
        "Input.imeSetComposition", {"selectionStart": 1, "selectionEnd": 1, "text": "にほん"}
    )
    wanted = CARET + len("A ") + 1
    while other.receive("presence")["cursor"] != {"anchor": wanted, "head": wanted}:
        pass


def test_the_cursors_of_others_stand_where_they_are_in_the_shown_text(
    open_page: OpenPage, server: ServerProcess, other: Raw
) -> None:
    page, method = composing(open_page, other)
    other.catch_up()
    assert other.edit({"ops": [{"retain": 11}, {"insert": "A "}]})
    # It is shown two places before.
    place = len("first line\nA second oneにほ and more\nthird")
    other.send(type="presence", cursor={"anchor": place, "head": place}, version=other.version)
    page.wait_for_function(
        """() => {
            const caret = document.querySelector('.remote-caret')?.getBoundingClientRect();
            const line = [...document.querySelectorAll('.cm-line')].at(-1);
            const range = document.createRange();
            range.setStart(line.firstChild, 0);
            range.setEnd(line.firstChild, 'third'.length);
            const { right, top, bottom } = range.getBoundingClientRect();
            return caret && Math.abs(caret.left + 1 - right) < 1.5
                && caret.top < bottom && caret.bottom > top;
        }"""
    )
    compose(method, "にほん")
    method.send("Input.insertText", {"text": "日本"})
    saved(page)
    assert content(server) == TEXT.replace("second one", "A second one日本")
    assert page.evaluate("window.ends") == 1
