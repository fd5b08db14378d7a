r"""Texts whose lines end with \r\n in Chromium: shown, and edited without a change to the ends."""

from __future__ import annotations

from typing import Any

import httpx2
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.raweditor import raw
from tests.serverprocess import ServerProcess

# What else an editor may take for the end of a line, or for a mark of its own.
STRANGE = "x\ry\u2028z\u2029\u0085v\u000bw\u000c\ufeff\u200bq\t"
TEXT = f"b\r\nc\r\n\r\n{STRANGE}\r\nend"


def content(server: ServerProcess) -> Any:
    return httpx2.get(f"{server.url}/api/documents/doc").json()["content"]


def plain(server: ServerProcess) -> str:
    held = content(server)
    return held if isinstance(held, str) else "".join(op["insert"] for op in held["ops"])


def state(page: Page) -> Any:
    return expect(page.get_by_test_id("save-state"))


def open_text(open_page: OpenPage, doc_type: str) -> tuple[Page, Locator]:
    page = open_page(f"/documents/doc?doc_type={doc_type}")
    selector = ".cm-content" if doc_type == "text" else ".ql-editor"
    field = page.locator(selector)
    expect(field).to_contain_text("end")
    field.click()
    return page, field


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def edit_all_round(page: Page, server: ServerProcess, text: str, enter: str) -> str:
    r"""Edits at the ends of lines; returns the text after them. `enter` is what Enter puts in."""

    def check(expected: str) -> None:
        state(page).to_have_attribute("data-state", "saved")
        assert plain(server) == expected

    press(page, "Control+Home", "End")
    page.keyboard.type("E")
    text = text.replace("b\r\n", "bE\r\n")
    check(text)
    # One step goes over the end of a line.
    press(page, "ArrowRight")
    page.keyboard.type("F")
    press(page, "ArrowLeft", "ArrowLeft")
    page.keyboard.type("G")
    text = text.replace("bE\r\nc", "bEG\r\nFc")
    check(text)
    press(page, "Delete")
    text = text.replace("bEG\r\nFc", "bEGFc")
    check(text)
    press(page, "End", "ArrowRight", "Backspace")
    text = text.replace("bEGFc\r\n", "bEGFc")
    check(text)
    press(page, "End", "Enter")
    page.keyboard.type("H")
    text = text.replace("bEGFc\r\n", f"bEGFc{enter}H\r\n")
    check(text)
    press(page, "Home", "Shift+End")
    page.keyboard.type("I")
    text = text.replace("H\r\n", "I\r\n")
    check(text)
    press(page, "Control+End")
    page.keyboard.type("!")
    text = text.replace("end", "end!")
    check(text)
    return text


def test_a_text_keeps_the_ends_of_its_lines(open_page: OpenPage, server: ServerProcess) -> None:
    with raw(server, "text") as editor:
        assert editor.edit({"ops": [{"insert": TEXT}]})
    page, field = open_text(open_page, "text")
    other, _ = open_text(open_page, "text")
    # The \r at the end of a line is not seen; the lone one is.
    expect(field.locator(".cm-line")).to_have_count(5)
    assert field.locator(".cm-line").first.inner_text() == "b"
    assert "\r" not in str(field.locator(".cm-line").first.text_content())
    expect(field.locator(".cm-line").nth(3).locator(".cm-specialChar")).not_to_have_count(0)
    text = edit_all_round(page, server, TEXT, "\r\n")
    page.evaluate(
        """() => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", "1\\r\\n2\\n3\\r4");
          const event = new ClipboardEvent("paste", { clipboardData, cancelable: true });
          document.querySelector(".cm-content").dispatchEvent(event);
        }"""
    )
    text += "1\r\n2\r\n3\r\n4"
    expect(other.locator(".cm-content")).to_contain_text("4")
    state(page).to_have_attribute("data-state", "saved")
    assert plain(server) == text
    expect(other.locator(".cm-line")).to_have_count(text.count("\n") + 1)
    # A click behind a line puts the caret at its end.
    box = field.locator(".cm-line").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2)
    page.keyboard.type("?")
    state(page).to_have_attribute("data-state", "saved")
    assert plain(server) == text.replace("\r\n", "?\r\n", 1)


def test_a_rich_text_keeps_the_ends_of_its_lines(
    open_page: OpenPage, server: ServerProcess
) -> None:
    with raw(server, "richtext") as editor:
        assert editor.edit({"ops": [{"insert": f"{TEXT}\n"}]})
    page, field = open_text(open_page, "richtext")
    other, _ = open_text(open_page, "richtext")
    expect(field.locator("p")).to_have_count(5)
    text = edit_all_round(page, server, f"{TEXT}\n", "\n")
    page.evaluate(
        """() => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", "1\\r\\n2\\n3\\r4");
          const event = new ClipboardEvent("paste", { clipboardData, cancelable: true });
          document.querySelector(".ql-editor").dispatchEvent(event);
        }"""
    )
    expect(other.locator(".ql-editor")).to_contain_text("4")
    state(page).to_have_attribute("data-state", "saved")
    assert plain(server) == text.removesuffix("\n") + "1\n2\n3\n4\n"
    for each in (page, other):
        expect(each.locator(".ql-editor p")).to_have_count(text.count("\n") + 3)


def test_an_item_of_a_board_keeps_the_ends_of_its_lines(
    open_page: OpenPage, server: ServerProcess
) -> None:
    text = "b\r\nc\r\nx\ry\u2028z\u0085"
    with raw(server, "json") as editor:
        item = {"text": text, "done": False, "count": 0, "at": "a0"}
        assert editor.edit([{"p": ["one"], "oi": item}])
        page = open_page("/documents/doc?doc_type=json")
        field = page.get_by_test_id("item-text")
        expect(field).to_have_value("b\nc\nx\ny\u2028z\u0085")
        field.focus()

        def check() -> None:
            state(page).to_have_attribute("data-state", "saved")
            assert content(server)["one"]["text"] == text

        press(page, "Control+Home", "End")
        page.keyboard.type("E")
        text = text.replace("b\r\n", "bE\r\n")
        check()
        # Somebody else edits before the caret, which stays where it was among the words.
        press(page, "Control+End", "ArrowLeft")
        assert editor.edit([{"p": ["one", "text", 0], "si": "0\r\n"}])
        text = f"0\r\n{text}"
        expect(field).to_have_value("0\nbE\nc\nx\ny\u2028z\u0085")
        page.keyboard.type("!")
        text = text.replace("z", "z!")
        check()
        press(page, "Control+Home", "End", "Delete")
        text = text.replace("0\r\nbE", "0bE")
        check()
