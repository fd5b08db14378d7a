"""Formats and links by the keyboard, in Chromium."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_editor import content, focus, wait_until_saved, write
from tests.serverprocess import ServerProcess

COPIED = """() => {
  const clipboardData = new DataTransfer();
  const options = { clipboardData, bubbles: true, cancelable: true };
  document.execCommand("selectAll");
  document.querySelector(".ql-editor").dispatchEvent(new ClipboardEvent("copy", options));
  getSelection().collapse(document.querySelectorAll(".ql-editor li")[1].lastChild, 1);
  return clipboardData.getData("text/html");
}"""


def shown(page: Page) -> str:
    return "\n".join(page.locator(".cm-line").all_inner_texts())


@pytest.mark.parametrize(("key", "mark"), [("b", "**"), ("i", "*")])
def test_a_mark_is_put_around_and_taken_away(open_page: OpenPage, key: str, mark: str) -> None:
    page = open_page("/documents/doc")
    focus(page)
    write(page, "one word ")
    page.keyboard.press("Control+a")
    page.keyboard.press(f"Control+{key}")
    assert shown(page) == f"{mark}one word{mark} "
    page.keyboard.press(f"Control+{key}")
    assert shown(page) == "one word "
    # The word at the cursor.
    page.keyboard.press("Control+Home")
    page.keyboard.press(f"Control+{key}")
    assert shown(page) == f"{mark}one{mark} word "
    page.keyboard.press(f"Control+{key}")
    assert shown(page) == "one word "
    # Where there is none, what is typed next.
    page.keyboard.press("Control+End")
    page.keyboard.press(f"Control+{key}")
    page.keyboard.type("new")
    assert shown(page) == f"one word {mark}new{mark}"
    wait_until_saved(page)


def test_bold_and_italic_do_not_undo_each_other(open_page: OpenPage) -> None:
    page = open_page("/documents/doc")
    focus(page)
    write(page, "word")
    for key, expected in (("b", "**word**"), ("i", "***word***"), ("b", "*word*"), ("i", "word")):
        page.keyboard.press(f"Control+{key}")
        assert shown(page) == expected


def test_a_link_is_made_and_its_address_changed(open_page: OpenPage, server: ServerProcess) -> None:
    page = open_page("/documents/doc")
    focus(page)
    write(page, "words")
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+k")
    page.keyboard.type("https://example.org/")
    assert shown(page) == "[words](https://example.org/)"
    page.keyboard.press("Home")
    page.keyboard.press("Control+k")
    page.keyboard.type("https://example.net/")
    wait_until_saved(page)
    assert content(server, "doc") == "[words](https://example.net/)"


def ops(server: ServerProcess) -> Any:
    return httpx2.get(f"{server.url}/api/documents/doc").json()["content"]["ops"]


def test_a_link_of_a_rich_text_is_edited_in_a_form(
    open_page: OpenPage, server: ServerProcess
) -> None:
    page = open_page("/documents/doc?doc_type=richtext")
    other = open_page("/documents/doc?doc_type=richtext")
    page.locator(".ql-editor").click()
    write(page, "some words")
    wait_until_saved(page)
    page.keyboard.press("Control+Shift+ArrowLeft")
    page.keyboard.press("Control+k")
    address = page.get_by_test_id("address")
    expect(address).to_be_focused()
    # What is asked for stays with its words.
    expect(other.locator(".ql-editor")).to_contain_text("some words")
    other.locator(".ql-editor").click()
    other.keyboard.press("Control+Home")
    other.keyboard.type("Now ")
    expect(page.locator(".ql-editor")).to_contain_text("Now some words")
    address.fill("javascript:alert(1)")
    address.press("Enter")
    expect(page.locator("#message")).to_contain_text("Only web and mail addresses")
    expect(address).to_have_attribute("aria-invalid", "true")
    address.fill("https://example.org/")
    address.press("Enter")
    expect(page.get_by_test_id("address-form")).to_be_hidden()
    expect(page.locator(".ql-editor")).to_be_focused()
    expect(page.locator(".ql-editor a")).to_have_text("words")
    wait_until_saved(page)
    link = {"insert": "words", "attributes": {"link": "https://example.org/"}}
    assert link in ops(server)
    # With the cursor in it, all of it.
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Control+k")
    expect(address).to_have_value("https://example.org/")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("address-form")).to_be_hidden()
    assert link in ops(server)
    page.keyboard.press("Control+k")
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.locator(".ql-editor a")).to_have_count(0)
    wait_until_saved(page)
    assert link not in ops(server)


def depths(page: Page) -> list[int]:
    names: Any = page.locator(".ql-editor li").evaluate_all(
        "(all) => all.map((li) => li.className)"
    )
    return [int(name.removeprefix("ql-indent-") or 0) for name in names]


def test_tab_indents_the_items_of_a_list(open_page: OpenPage, server: ServerProcess) -> None:
    page = open_page("/documents/doc?doc_type=richtext")
    other = open_page("/documents/doc?doc_type=richtext")
    page.locator(".ql-editor").click()
    page.get_by_test_id("format-bullet").click()
    for text in ("one", "two", "three"):
        write(page, text)
        if text != "three":
            page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert depths(page) == [0, 0, 1]
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    assert depths(page) == [0, 1, 2]
    wait_until_saved(page)
    lists = [each["attributes"] for each in ops(server) if each["insert"] == "\n"]
    assert lists == [{"list": "bullet"}, *({"list": "bullet", "indent": n} for n in (1, 2))]
    expect(other.locator(".ql-editor li.ql-indent-2")).to_have_text("three")
    # What is copied has its lists in each other, and so has what is pasted.
    html = page.evaluate(COPIED)
    assert html == "<ul><li>one<ul><li>two<ul><li>three</li></ul></li></ul></li></ul>"
    page.keyboard.press("Shift+Tab")
    assert depths(page) == [0, 0, 2]
    # Several at once, and the way out of the text where nothing can be moved.
    page.keyboard.press("Control+a")
    page.keyboard.press("Tab")
    assert depths(page) == [1, 1, 3]
    page.keyboard.press("Control+End")
    for _ in range(3):
        page.keyboard.press("Shift+Tab")
    assert depths(page) == [1, 1, 0]
    page.keyboard.press("Shift+Tab")
    expect(page.locator(".ql-editor")).not_to_be_focused()
    page.reload()
    expect(page.locator(".ql-editor li")).to_have_count(3)
    assert depths(page) == [1, 1, 0]
