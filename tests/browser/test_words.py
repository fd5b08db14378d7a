"""Words that two people type at one place without a connection, in Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.raweditor import raw
from tests.relay import Relay
from tests.serverprocess import ServerProcess

FIELDS = {"text": ".cm-content", "richtext": ".ql-editor"}


@pytest.fixture
def relays(server: ServerProcess) -> Iterator[list[Relay]]:
    relays = [Relay(server.port), Relay(server.port)]
    yield relays
    for relay in relays:
        relay.close()


def content(server: ServerProcess) -> str:
    found: Any = httpx2.get(f"{server.url}/api/documents/doc").json()["content"]
    return found if isinstance(found, str) else "".join(op["insert"] for op in found["ops"])


def wait_for(page: Page, state: str) -> None:
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", state)


@pytest.mark.parametrize("is_stored", [True, False], ids=["stored", "lost"])
@pytest.mark.parametrize("doc_type", FIELDS)
def test_words_typed_at_one_place_offline_stay_whole(
    open_page: OpenPage, server: ServerProcess, relays: list[Relay], doc_type: str, is_stored: bool
) -> None:
    with raw(server, doc_type) as other:
        assert other.edit({"ops": [{"insert": "\n"}]})
    pages = [open_page(f"/documents/doc?doc_type={doc_type}", through=each) for each in relays]
    for page in pages:
        page.locator(FIELDS[doc_type]).click()
        page.keyboard.press("Control+Home")
        wait_for(page, "saved")
    # The first letters are on their way when the connections stop to work.
    for relay in relays:
        relay.hold(answers_only=is_stored)
    for page in pages:
        page.keyboard.type("t")
        wait_for(page, "saving")
    while is_stored and "tt" not in content(server):
        pages[0].evaluate("() => new Promise(requestAnimationFrame)")
    for page, relay, rest in zip(pages, relays, ["abA ", "abB "], strict=True):
        page.keyboard.type(rest)
        relay.cut()
        wait_for(page, "offline")
    for relay in relays:
        relay.mend()
    for page in pages:
        wait_for(page, "saved")
    assert content(server).strip() in ("tabA tabB", "tabB tabA")
    for page in pages:
        expect(page.locator(FIELDS[doc_type])).to_have_text(content(server).strip())
