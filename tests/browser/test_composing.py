"""A word that an input method composes, in Chromium: it is not saved until the document has it."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.raweditor import raw
from tests.serverprocess import ServerProcess

ITEM = {"text": "one", "done": False, "count": 0, "at": "a0"}
FIRST: dict[str, Any] = {
    "text": {"ops": [{"insert": "one"}]},
    "richtext": {"ops": [{"insert": "one\n"}]},
    "json": [{"p": ["k"], "oi": ITEM}],
}
FIELDS = {"text": ".cm-content", "richtext": ".ql-editor", "json": "[data-testid=item-text]"}


def content(server: ServerProcess) -> str:
    return str(httpx2.get(f"{server.url}/api/documents/doc").json()["content"])


def state(page: Page) -> Any:
    return expect(page.get_by_test_id("save-state"))


def compose(method: CDPSession, text: str) -> None:
    end = len(text)
    method.send(
        "Input.imeSetComposition", {"selectionStart": end, "selectionEnd": end, "text": text}
    )


@pytest.fixture(params=["richtext", "json"])
def composed(request: Any, open_page: OpenPage, server: ServerProcess) -> Any:
    """A page with a word that is being composed, its input method, and the type of its document."""
    doc_type = request.param
    with raw(server, doc_type) as editor:
        assert editor.edit(FIRST[doc_type])
    page = open_page(f"/documents/doc?doc_type={doc_type}")
    field = page.locator(FIELDS[doc_type])
    field.click()
    field.press("End")
    state(page).to_have_attribute("data-state", "saved")
    method = page.context.new_cdp_session(page)
    compose(method, "に")
    compose(method, "にほ")
    return page, method, doc_type


def test_a_word_that_is_composed_is_not_saved(composed: Any, server: ServerProcess) -> None:
    page, method, _ = composed
    state(page).to_have_attribute("data-state", "saving")
    state(page).to_contain_text("Typing…")
    assert "に" not in content(server)
    method.send("Input.insertText", {"text": "日本"})
    state(page).to_have_attribute("data-state", "saved")
    state(page).to_contain_text("Saved")
    assert "one日本" in content(server)


def test_a_composition_that_comes_to_nothing_leaves_nothing_unsaved(
    composed: Any, server: ServerProcess
) -> None:
    page, method, _ = composed
    state(page).to_have_attribute("data-state", "saving")
    compose(method, "")
    state(page).to_have_attribute("data-state", "saved")
    assert "に" not in content(server)


def test_leaving_while_a_word_is_composed_asks(composed: Any, server: ServerProcess) -> None:
    page, _, _ = composed
    state(page).to_have_attribute("data-state", "saving")
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.dismiss()))
    with page.expect_event("dialog"):
        page.close(run_before_unload=True)
    assert dialogs == ["beforeunload"]


def test_what_others_do_meanwhile_does_not_make_it_saved(
    composed: Any, server: ServerProcess
) -> None:
    page, method, doc_type = composed
    with raw(server, doc_type) as editor:
        there = {"ops": [{"insert": "zero "}]}
        assert editor.edit(
            [{"p": ["k", "text", 0], "si": "zero "}] if doc_type == "json" else there
        )
        editor.send(type="ping")
        editor.receive("pong")
    state(page).to_have_attribute("data-state", "saving")
    method.send("Input.insertText", {"text": "日本"})
    state(page).to_have_attribute("data-state", "saved")
    assert "zero one日本" in content(server)
    # The caret stands behind the word.
    page.keyboard.type("!")
    state(page).to_have_attribute("data-state", "saved")
    assert "zero one日本!" in content(server)


def test_an_item_that_is_deleted_while_a_word_is_composed_in_it(
    open_page: OpenPage, server: ServerProcess
) -> None:
    with raw(server, "json") as editor:
        assert editor.edit(FIRST["json"])
        page = open_page("/documents/doc?doc_type=json")
        page.get_by_test_id("item-text").click()
        compose(page.context.new_cdp_session(page), "に")
        state(page).to_have_attribute("data-state", "saving")
        assert editor.edit([{"p": ["k"], "od": ITEM}])
    expect(page.get_by_test_id("item")).to_have_count(0)
    state(page).to_have_attribute("data-state", "saved")


def test_a_word_that_is_composed_in_a_text_is_in_the_document_at_once(
    open_page: OpenPage, server: ServerProcess
) -> None:
    with raw(server, "text") as editor:
        assert editor.edit(FIRST["text"])
    page = open_page("/documents/doc?doc_type=text")
    page.locator(".cm-content").click()
    page.keyboard.press("End")
    compose(page.context.new_cdp_session(page), "にほ")
    expect(page.locator(".cm-content")).to_contain_text("oneにほ")
    state(page).to_have_attribute("data-state", "saved")
    assert content(server) == "oneにほ"
