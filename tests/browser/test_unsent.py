"""The list of documents tells what is unsent on this device, and sends it, in Chromium."""

from __future__ import annotations

import httpx2
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.test_editor import content, focus, state, wait_until_saved, write
from tests.relay import Relay
from tests.serverprocess import ServerProcess

# Longer than the list waits before it tries again.
SENT_MILLISECONDS = 60_000
IS_LOADED = r"""() =>
  performance.getEntriesByType("resource").some(({ name }) => /\/unsent[^/]*\.js$/.test(name))"""
IS_THERE = """async () => {
  const answer = await fetch("api/documents/doc");
  return (await answer.text()).includes("unsent");
}"""


def test_what_a_closed_tab_left_is_told_and_sent(
    open_page: OpenPage, server: ServerProcess, relay: Relay
) -> None:
    page = open_page("/documents/doc", through=relay)
    focus(page)
    write(page, "sent, ")
    wait_until_saved(page)
    page.keyboard.press("Control+End")
    listing = open_page("/", through=relay, context=page.context)
    expect(listing.get_by_test_id("document-link")).to_have_count(1)
    unsent = listing.get_by_test_id("unsent")
    expect(unsent).to_be_hidden()
    # It is not needed yet, but without the server it could not be loaded.
    listing.wait_for_function(IS_LOADED)
    relay.cut()
    state(page).to_have_attribute("data-state", "offline")
    write(page, "and unsent")
    page.get_by_test_id("title").fill("Notes")
    expect(unsent).to_contain_text("1 change and a title")
    expect(unsent.get_by_role("link")).to_have_attribute("href", "documents/doc?doc_type=text")
    page.close(run_before_unload=False)
    relay.mend()
    expect(unsent).to_be_hidden(timeout=SENT_MILLISECONDS)
    assert content(server, "doc") == "sent, and unsent"
    answer = httpx2.get(f"{server.url}/api/documents/doc")
    assert answer.json()["title"] == "Notes"


@pytest.mark.parametrize("doc_type", ["richtext", "json"])
def test_every_type_is_sent(open_page: OpenPage, relay: Relay, doc_type: str) -> None:
    page = open_page(f"/documents/doc?doc_type={doc_type}", through=relay)
    wait_until_saved(page)
    relay.cut()
    state(page).to_have_attribute("data-state", "offline")
    place = ".ql-editor" if doc_type == "richtext" else "#new-item"
    page.locator(place).click()
    page.keyboard.type("unsent")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("unsaved-count")).not_to_have_text("0")
    context = page.context
    page.close(run_before_unload=False)
    relay.mend()
    listing = open_page("/", context=context, through=relay)
    listing.wait_for_function(IS_THERE, timeout=SENT_MILLISECONDS)
    expect(listing.get_by_test_id("unsent")).to_be_hidden(timeout=SENT_MILLISECONDS)
