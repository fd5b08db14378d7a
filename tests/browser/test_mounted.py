"""The editor in Chromium below a path of somebody else's application."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.repository.test_embedding import Host


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    host = Host("embed_fastapi", tmp_path)
    host.start()
    yield host
    host.stop()


def test_a_document_is_made_and_saved_below_the_mount(browser: Browser, host: Host) -> None:
    page = browser.new_page()
    # Not what the page itself breaks off when it is left, but what the server has not.
    missing: list[str] = []
    page.on("response", lambda answer: missing.append(answer.url) if answer.status >= 400 else None)
    page.goto(f"{host.url}/collab")
    page.get_by_test_id("new-title").fill("Minutes")
    page.get_by_test_id("create").click()
    page.wait_for_url(f"{host.url}/collab/documents/*")
    page.get_by_test_id("editor").locator(".cm-content").click()
    page.keyboard.type("hello")
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
    expect(page.get_by_test_id("preview")).to_contain_text("hello")
    page.reload()
    expect(page.locator(".cm-content")).to_have_text("hello")
    expect(page.get_by_test_id("title")).to_have_value("Minutes")
    assert not missing
    page.close()


@pytest.mark.parametrize("path", ["/documents/no%20document", "/nothing/at/all"])
def test_a_bad_address_leads_back_below_the_mount(browser: Browser, host: Host, path: str) -> None:
    page = browser.new_page()
    answer = page.goto(f"{host.url}/collab{path}")
    assert answer is not None
    assert answer.status == 404
    page.get_by_role("link", name="All documents").click()
    page.wait_for_url(f"{host.url}/collab/")
    expect(page.get_by_test_id("create")).to_be_visible()
    page.close()
