"""What each page loads in Chromium: requests and bytes. With stale bundles it is too much."""

from __future__ import annotations

import re

import httpx2
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from benchmarks.page.load import PAGES, WORKERS, Traffic
from tests.browser.conftest import OpenPage
from tests.serverprocess import ServerProcess

MAX_REQUESTS = 12
MAX_KILOBYTES = {"list": 12, "text": 165, "richtext": 110, "json": 50}
MAX_PREVIEW_KILOBYTES = 60
PREVIEW = "markdown"


@pytest.fixture
def context(open_page: OpenPage) -> BrowserContext:
    """With an empty cache."""
    return open_page("/healthz", viewport={"width": 1280, "height": 800}).context


def visit(context: BrowserContext, server: ServerProcess, name: str) -> Traffic:
    """Open a page; what it has loaded when all of it is there."""
    page = context.new_page()
    traffic = Traffic()
    session = context.new_cdp_session(page)
    traffic.listen(session)
    session.send("Network.enable")
    page.goto(server.url + ("/" if name == "list" else f"/documents/{name}"))
    page.wait_for_function(f"() => {PAGES[name]}")
    if name == "text":
        # Rendered, though of nothing yet.
        expect(page.locator(".markdown")).to_have_class(re.compile("is-empty"))
    page.wait_for_load_state("networkidle")
    traffic.add_workers(page.evaluate(WORKERS))
    page.close()
    return traffic


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_little_and_next_time_next_to_nothing(
    context: BrowserContext, server: ServerProcess, name: str
) -> None:
    if name != "list":
        make(server, name)
    first = visit(context, server, name)
    assert len(first.requests) <= MAX_REQUESTS, first.requests
    preview = first.kilobytes(PREVIEW)
    assert first.kilobytes() - preview <= MAX_KILOBYTES[name], first.bytes
    assert preview <= MAX_PREVIEW_KILOBYTES
    assert (preview > 0) == (name == "text")
    again = visit(context, server, name)
    named = [url for url in again.requests.values() if "/static/@" in url]
    assert named == []
    assert again.kilobytes() <= 5


def make(server: ServerProcess, name: str) -> None:
    made = httpx2.post(f"{server.url}/api/documents", json={"doc_id": name, "doc_type": name})
    assert made.status_code == 201


def test_a_phone_does_not_load_the_preview_that_it_does_not_show(
    open_page: OpenPage, server: ServerProcess
) -> None:
    page: Page = open_page("/healthz", viewport={"width": 360, "height": 740})
    traffic = Traffic()
    session = page.context.new_cdp_session(page)
    traffic.listen(session)
    session.send("Network.enable")
    page.goto(f"{server.url}/documents/text")
    page.wait_for_function(f"() => {PAGES['text']}")
    page.wait_for_load_state("networkidle")
    assert traffic.kilobytes(PREVIEW) == 0
    page.get_by_test_id("preview-toggle").click()
    expect(page.locator(".markdown")).to_have_class(re.compile("is-empty"))
    traffic.add_workers(page.evaluate(WORKERS))
    assert 0 < traffic.kilobytes(PREVIEW) <= MAX_PREVIEW_KILOBYTES
