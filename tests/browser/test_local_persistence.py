"""What the page says where the device can't keep what is unsaved, in Chromium."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.test_editor import focus, state, wait_until_saved, write
from tests.browser.test_rescued import FILL

EMPTY = """() => Object.keys(localStorage).filter((key) => key.startsWith("fill"))
  .forEach((key) => localStorage.removeItem(key))"""


def test_a_full_storage_is_told_at_once(open_page: OpenPage) -> None:
    page = open_page("/documents/doc")
    focus(page)
    write(page, "kept ")
    wait_until_saved(page)
    banner = page.get_by_test_id("banner")
    expect(banner).to_be_hidden()
    page.evaluate(FILL)
    write(page, "long " * 2000)
    expect(banner).to_contain_text("This device can't keep your changes")
    # Nothing waits for the server: it is the device that is told of.
    state(page).to_have_attribute("data-delay", "none")
    wait_until_saved(page)


def test_a_text_that_there_is_no_room_for_is_told_when_it_opens(open_page: OpenPage) -> None:
    page = open_page("/documents/doc")
    focus(page)
    write(page, "long " * 2000)
    wait_until_saved(page)
    address = page.url
    # Where nothing of the document is kept.
    page.goto(address.replace("/documents/doc", "/"))
    page.evaluate(FILL)
    page.goto(address)
    banner = page.get_by_test_id("banner")
    expect(banner).to_contain_text("This device can't keep your changes")
    page.evaluate(EMPTY)
    page.reload()
    wait_until_saved(page)
    focus(page)
    write(page, "more")
    wait_until_saved(page)
    expect(banner).to_be_hidden()
