"""The editor in Chromium, over TLS and below a path, behind nginx and behind Caddy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.proxies import PROGRAMS, Proxy
from tests.serverprocess import ServerProcess


@pytest.fixture(params=PROGRAMS)
def proxy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Proxy]:
    with (
        ServerProcess(tmp_path, root_path="/collab") as server,
        Proxy(request.param, tmp_path, server.port) as proxy,
    ):
        yield proxy


def write(page: Page, words: str) -> None:
    page.get_by_test_id("editor").locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type(words)
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")


def test_two_people_write_into_a_document_that_one_has_made(browser: Browser, proxy: Proxy) -> None:
    # It is signed by itself.
    context = browser.new_context(ignore_https_errors=True)
    ann, bob = context.new_page(), context.new_page()
    missing: list[str] = []
    for page in (ann, bob):
        page.on(
            "response",
            lambda answer: missing.append(answer.url) if answer.status >= 400 else None,
        )
        page.on("pageerror", lambda error: missing.append(str(error)))
    ann.goto(f"https://{proxy.address}")
    ann.get_by_test_id("new-title").fill("Minutes")
    ann.get_by_test_id("create").click()
    ann.wait_for_url(f"https://{proxy.address}/documents/*")
    write(ann, "hello")
    bob.goto(ann.url)
    expect(bob.locator(".cm-content")).to_have_text("hello")
    write(bob, " there")
    expect(ann.get_by_test_id("preview")).to_contain_text("hello there")
    ann.reload()
    expect(ann.get_by_test_id("preview")).to_contain_text("hello there")
    assert not missing
    context.close()
