"""Who may read a document and not edit it, in Chromium; and the search of a long text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect

from collab.auth import User, make_token
from tests.browser.conftest import OpenPage
from tests.browser.test_editor import wait_for_text
from tests.browser.test_find import look_for
from tests.serverprocess import ServerProcess

SECRET = "a secret of at least thirty-two bytes"
LINES = 3000
PASTE = """(text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  const options = { clipboardData, bubbles: true, cancelable: true };
  document.activeElement.dispatchEvent(new ClipboardEvent("paste", options));
}"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path, auth="token", token_secret=SECRET) as server:
        yield server


def token(role: Any) -> str:
    user = User(role, role.title(), documents={"*": role})
    return make_token(SECRET, user, lifetime_seconds=600)


def make(server: ServerProcess, doc_type: str) -> str:
    headers = {"authorization": f"Bearer {token('owner')}"}
    answer = httpx2.post(
        f"{server.url}/api/documents",
        json={"title": "Notes", "doc_type": doc_type},
        headers=headers,
    )
    return str(answer.raise_for_status().json()["doc_id"])


def open_as(open_page: OpenPage, doc_id: str, role: Any) -> Page:
    page = open_page("/sign-in")
    answer = page.request.post(
        page.url.replace("/sign-in", "/api/session"), data={"token": token(role)}
    )
    assert answer.ok
    page.goto(page.url.replace("/sign-in", f"/documents/{doc_id}"))
    return page


def has_focus_by_tab(page: Page, selector: str) -> bool:
    """Whether the keyboard alone gets there."""
    page.get_by_test_id("name").focus()
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement?.matches(selector)", selector):
            return True
    return False


@pytest.mark.parametrize(
    ("doc_type", "content"),
    [("text", ".cm-content"), ("richtext", ".ql-editor"), ("json", None)],
)
def test_a_viewer_is_told_so(
    open_page: OpenPage, server: ServerProcess, doc_type: str, content: str | None
) -> None:
    page = open_as(open_page, make(server, doc_type), "viewer")
    expect(page.get_by_test_id("save-state")).to_contain_text("Read only")
    expect(page.get_by_test_id("save-state")).not_to_contain_text("Saved")
    expect(page.locator("#announcer")).to_have_text("Read only")
    expect(page.get_by_text("writes along")).to_have_count(0)
    assert page.locator("[placeholder*='writes along'], [data-placeholder*='writes']").count() == 0
    if content is None:
        expect(page.locator("#new-item-form")).to_be_hidden()
    else:
        expect(page.locator(content)).to_have_attribute("aria-readonly", "true")
        assert has_focus_by_tab(page, content)


@pytest.mark.parametrize("doc_type", ["text", "richtext", "json"])
def test_an_editor_is_not(open_page: OpenPage, server: ServerProcess, doc_type: str) -> None:
    page = open_as(open_page, make(server, doc_type), "editor")
    expect(page.get_by_test_id("save-state")).to_contain_text("Saved")


@pytest.mark.parametrize(
    ("role", "place"), [("viewer", ".cm-content"), ("editor", "[data-testid=theme-toggle]")]
)
def test_the_search_finds_what_is_not_drawn(
    open_page: OpenPage, server: ServerProcess, role: str, place: str
) -> None:
    doc_id = make(server, "text")
    writer = open_as(open_page, doc_id, "editor")
    writer.locator(".cm-content").click()
    writer.evaluate(PASTE, "Needle\n" + "line\n" * LINES + "needle")
    expect(writer.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
    page = open_as(open_page, doc_id, role)
    wait_for_text(page, "line")
    expect(page.locator(".cm-content")).not_to_contain_text("needle")
    count = page.get_by_test_id("find-count")
    page.locator(place).focus()
    page.keyboard.press("Control+f")
    field = page.locator(".cm-search input[name=search]")
    expect(field).to_be_focused()
    page.keyboard.type("needle")
    expect(count).to_have_text("2 matches")
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".cm-content")).to_contain_text("needle")
    expect(page.locator(".cm-searchMatch-selected")).to_have_text("needle")
    expect(count).to_have_text("2 of 2")
    page.keyboard.press("Enter")
    expect(count).to_have_text("1 of 2")
    look_for(page, "line")
    expect(count).to_have_text(f"{LINES:,} matches")
    look_for(page, "nowhere")
    expect(count).to_have_text("No matches")
    expect(page.get_by_test_id("find-status")).to_have_text("No matches")
