"""The title counts as work: it is stored, or said not to be, and it survives the page."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_editor import state, wait_until_saved
from tests.browser.test_rescued import banner, wait_until_it_is_back
from tests.relay import Relay
from tests.serverprocess import ServerProcess


def stored_title(server: ServerProcess) -> str:
    return str(httpx2.get(f"{server.url}/api/documents/doc").json()["title"])


def title(page: Page) -> Any:
    return page.get_by_test_id("title")


class Refusals:
    """Answers every rename with an error, until it is told to let them through."""

    def __init__(self, page: Page, status: int, message: str = "not now") -> None:
        self.seen: list[str] = []
        self.status: int | None = status
        self._message = message
        page.route("**/api/documents/doc*", self._answer)

    def _answer(self, route: Route) -> None:
        if route.request.method != "PATCH":
            return route.continue_()
        self.seen.append(json.loads(route.request.post_data or "{}")["title"])
        if self.status is None:
            return route.continue_()
        body = json.dumps({"code": "invalid_request", "message": self._message})
        return route.fulfill(status=self.status, body=body, content_type="application/json")


def test_a_title_that_the_server_can_not_store_now_is_unsaved_and_tried_again(
    open_page: OpenPage, server: ServerProcess
) -> None:
    page = open_page("/documents/doc")
    wait_until_saved(page)
    refusals = Refusals(page, 503)
    title(page).fill("A title")
    state(page).to_have_attribute("data-state", "saving")
    expect(page.get_by_test_id("save-state")).to_contain_text("Still saving…")
    expect(page.get_by_test_id("unsaved-count")).to_have_text("1")
    expect(banner(page)).to_contain_text("The server has not confirmed", timeout=30_000)
    assert len(refusals.seen) > 2
    refusals.status = None
    wait_until_it_is_back(page)
    expect(banner(page)).to_be_hidden()
    assert stored_title(server) == "A title"


def test_closing_right_after_a_title_was_typed_asks(
    open_page: OpenPage, server: ServerProcess
) -> None:
    page = open_page("/documents/doc")
    wait_until_saved(page)
    Refusals(page, 503)
    title(page).fill("A title")
    dialogs: list[str] = []
    page.once("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.dismiss()))
    with page.expect_event("dialog"):
        page.close(run_before_unload=True)
    assert dialogs == ["beforeunload"]


@pytest.mark.parametrize("end", ["closed at once", "server away"])
def test_a_title_typed_before_the_page_ended_is_stored_by_the_next_one(
    open_page: OpenPage, server: ServerProcess, relay: Relay, end: str
) -> None:
    page = open_page("/documents/doc", through=relay)
    wait_until_saved(page)
    if end == "server away":
        relay.cut()
        state(page).to_have_attribute("data-state", "offline")
    title(page).fill("Typed at the end")
    page.close(run_before_unload=False)
    relay.mend()
    after = open_page("/documents/doc", through=relay, context=page.context)
    expect(title(after)).to_have_value("Typed at the end")
    wait_until_saved(after)
    assert stored_title(server) == "Typed at the end"


@pytest.mark.parametrize("status", [400, 422])
def test_a_title_that_the_server_refuses_is_said_to_be_with_its_reason(
    open_page: OpenPage, server: ServerProcess, status: int
) -> None:
    page = open_page("/documents/doc")
    wait_until_saved(page)
    refusals = Refusals(page, status, "titles must not be bad")
    title(page).fill("A bad title")
    expect(banner(page)).to_contain_text("titles must not be bad")
    state(page).to_have_attribute("data-state", "failed")
    expect(title(page)).to_have_value("A bad title")
    # The text goes on all the same.
    page.locator(".cm-content").click()
    page.keyboard.insert_text("text")
    page.wait_for_function(
        "() => document.querySelector('[data-testid=unsaved-count]').textContent === '1'"
    )
    answer = httpx2.get(f"{server.url}/api/documents/doc").json()
    assert (answer["content"], answer["title"]) == ("text", "")
    assert refusals.seen == ["A bad title"]
    refusals.status = None
    title(page).fill("A good title")
    wait_until_saved(page)
    expect(banner(page)).to_be_hidden()
    assert stored_title(server) == "A good title"


def test_a_refused_title_can_be_given_up(open_page: OpenPage, server: ServerProcess) -> None:
    page = open_page("/documents/doc")
    title(page).fill("Stored")
    wait_until_saved(page)
    Refusals(page, 400)
    title(page).fill("Refused")
    banner(page).get_by_role("button", name="Go back to the stored title").click()
    expect(title(page)).to_have_value("Stored")
    wait_until_saved(page)
    expect(banner(page)).to_be_hidden()
    assert stored_title(server) == "Stored"


def test_a_title_left_behind_asks_before_it_replaces_another_persons(
    open_page: OpenPage, server: ServerProcess, relay: Relay
) -> None:
    page = open_page("/documents/doc", through=relay)
    wait_until_saved(page)
    relay.cut()
    state(page).to_have_attribute("data-state", "offline")
    title(page).fill("Mine")
    page.close()
    assert (
        httpx2.patch(f"{server.url}/api/documents/doc", json={"title": "Theirs"}).status_code == 200
    )
    relay.mend()
    after = open_page("/documents/doc", through=relay, context=page.context)
    expect(banner(after)).to_contain_text("The title is “Theirs” on the server now")
    assert stored_title(server) == "Theirs"
    banner(after).get_by_role("button", name="Use my title").click()
    wait_until_saved(after)
    assert stored_title(server) == "Mine"


def test_titles_of_two_tabs_offline_end_as_one(
    open_page: OpenPage, server: ServerProcess, relay: Relay
) -> None:
    one = open_page("/documents/doc", through=relay)
    other = open_page("/documents/doc", through=relay, context=one.context)
    wait_until_saved(one, other)
    relay.cut()
    for page in (one, other):
        state(page).to_have_attribute("data-state", "offline")
    title(one).fill("First")
    expect(title(other)).to_have_value("First")
    title(other).fill("Second")
    expect(title(one)).to_have_value("Second")
    relay.mend()
    for page in (one, other):
        wait_until_it_is_back(page)
    assert stored_title(server) == "Second"
