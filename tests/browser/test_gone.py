"""Documents that are deleted, and addresses where there is none, in Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_editor import focus, wait_until_saved, write
from tests.serverprocess import ServerProcess


@pytest.fixture
def strict_server(tmp_path: Path) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path, create_on_join=False) as server:
        yield server


def banner(page: Page) -> str:
    element = page.get_by_test_id("banner")
    expect(element).to_be_visible()
    return element.inner_text()


def test_a_deleted_document_offers_its_text_only_where_it_is_still_shown(
    open_page: OpenPage, server: ServerProcess
) -> None:
    page = open_page("/documents/doc")
    focus(page)
    write(page, "precious")
    wait_until_saved(page)
    httpx2.delete(f"{server.url}/api/documents/doc").raise_for_status()
    assert "The text is still here to be copied" in banner(page)
    page.reload()
    assert "This document was deleted" in banner(page)
    assert "still here" not in banner(page)
    assert "Copy" not in banner(page)
    expect(page.get_by_test_id("save-state")).to_contain_text("Deleted")
    expect(page.get_by_test_id("editor")).to_have_attribute("aria-busy", "false")
    page.get_by_role("button", name="All documents").click()
    expect(page.get_by_test_id("create")).to_be_visible()


def test_an_address_without_a_document_says_so(
    browser: Browser, strict_server: ServerProcess
) -> None:
    page = browser.new_page()
    page.goto(f"{strict_server.url}/documents/none")
    assert "There is no document at this address" in banner(page)
    assert "still here" not in banner(page)
    expect(page.get_by_test_id("save-state")).to_contain_text("Not found")
    page.close()


@pytest.mark.parametrize(
    "path",
    ["/documents/no%20document", "/documents/a%2Fb", "/documents/a/b/c", "/nothing", "/documents/"],
)
def test_a_bad_address_is_a_page_with_a_way_back(open_page: OpenPage, path: str) -> None:
    page = open_page("/")
    answer = page.goto(page.url.rstrip("/") + path)
    assert answer is not None
    assert answer.status == 404
    rules = "[...document.styleSheets].map((sheet) => sheet.cssRules.length)"
    assert all(page.evaluate(rules))
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing at this address")
    page.get_by_role("link", name="All documents").click()
    expect(page.get_by_test_id("create")).to_be_visible()
