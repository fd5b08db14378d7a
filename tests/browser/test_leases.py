"""Over plain http there are no Web Locks: tabs tell by leases who sends what was left unsaved."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_editor import (
    content,
    focus,
    state,
    wait_for_text,
    wait_until_saved,
    write,
)
from tests.relay import Relay
from tests.serverprocess import ServerProcess

WITHOUT_LOCKS = 'Object.defineProperty(Navigator.prototype, "locks", { get: () => undefined })'
SHIFT = """
(days) => {
  for (const key of Object.keys(localStorage).filter((key) => key.endsWith(":lease"))) {
    const lease = JSON.parse(localStorage.getItem(key));
    for (const field of ["at", "until"]) if (field in lease) lease[field] += days * 86_400_000;
    localStorage.setItem(key, JSON.stringify(lease));
  }
}
"""
LEASE_MILLISECONDS = 150_000


def page_without_locks(open_page: OpenPage, relay: Relay) -> Page:
    page = open_page("/", through=relay)
    page.context.add_init_script(WITHOUT_LOCKS)
    page.goto(f"{relay.url}/documents/doc")
    wait_until_saved(page)
    return page


def leave_unsaved(page: Page, relay: Relay, words: str) -> None:
    focus(page)
    relay.cut()
    state(page).to_have_attribute("data-state", "offline")
    write(page, words)
    expect(page.get_by_test_id("unsaved-count")).to_have_text("1")
    page.wait_for_function(
        """(words) => Object.entries(localStorage).some(
          ([key, value]) => key.startsWith("collab:") && value.includes(words))""",
        arg=words,
    )


@pytest.mark.parametrize("days", [1, -1])
def test_a_clock_that_was_wrong_does_not_block_what_a_crashed_tab_left(
    open_page: OpenPage, server: ServerProcess, relay: Relay, days: int
) -> None:
    page = page_without_locks(open_page, relay)
    context = page.context
    leave_unsaved(page, relay, "left behind")
    # As when its process is killed: nothing is given back.
    page.close(run_before_unload=False)
    relay.mend()
    open_page("/", through=relay, context=context).evaluate(SHIFT, days)
    context.clock.install()
    after = open_page("/documents/doc", through=relay, context=context)
    if days > 0:
        # The lease is seen not to change, for as long as a holder may sleep.
        state(after).to_have_attribute("data-state", "saved")
        for _ in range(10):
            after.clock.run_for(LEASE_MILLISECONDS // 5)
    wait_for_text(after, "left behind")
    wait_until_saved(after)
    assert content(server, "doc") == "left behind"


def test_a_tab_that_lives_is_not_robbed_by_one_whose_clock_is_ahead(
    open_page: OpenPage, server: ServerProcess, relay: Relay
) -> None:
    page = page_without_locks(open_page, relay)
    leave_unsaved(page, relay, "typed once")
    page.evaluate(SHIFT, -1)
    relay.mend()
    other = open_page("/documents/doc", through=relay, context=page.context)
    page.bring_to_front()
    wait_until_saved(page)
    wait_for_text(other, "typed once")
    wait_until_saved(other)
    assert content(server, "doc") == "typed once"
