"""How a page comes up in Chromium: at once, whole, and as nobody else's."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import OpenPage

SESSION = "**/api/session"
# Of the page of a text, with bundles and without.
SCRIPT = re.compile(r"/(built/editor|js/editor/page)\.js$")
PREVIEW = re.compile(r"/(built/markdown-\w+|js/editor/markdown)\.js$")


def wait_until_usable(page: Page) -> None:
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
    expect(page.locator(".cm-content")).to_be_editable()


def test_who_was_here_before_connects_before_the_session_is_known(open_page: OpenPage) -> None:
    first = open_page("/documents/notes")
    wait_until_usable(first)
    page = first.context.new_page()
    events: list[str] = []
    held: list[Route] = []

    def ended(request: Request) -> None:
        if request.url.endswith("/api/session"):
            events.append("session")

    page.route(SESSION, lambda route: held.append(route))
    page.on("websocket", lambda socket: events.append("socket"))
    page.on("requestfinished", ended)
    page.on("requestfailed", ended)
    page.goto(first.url)
    wait_until_usable(page)
    assert events[0] == "socket"
    for route in held:
        route.continue_()
    expect(page.get_by_test_id("title")).to_be_enabled()


def test_the_session_is_asked_for_once_and_with_the_page(open_page: OpenPage) -> None:
    asked: list[str] = []
    page = open_page("/documents/other")
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page.url.replace("other", "notes"))
    wait_until_usable(page)
    expect(page.get_by_test_id("title")).to_be_enabled()
    names = [url.rpartition("/")[2] for url in asked]
    assert names.count("session") == 1
    assert names.index("session") < names.index("start.js")


def test_a_script_that_is_gone_is_asked_for_with_the_page_again(open_page: OpenPage) -> None:
    page = open_page("/")
    failures = iter([404, 404])

    def answer(route: Route) -> None:
        status = next(failures, None)
        if status is None:
            route.continue_()
        else:
            route.fulfill(status=status)

    page.route(SCRIPT, answer)
    page.goto(f"{page.url}documents/notes")
    wait_until_usable(page)


def test_a_preview_that_is_not_there_is_told_of(open_page: OpenPage) -> None:
    page = open_page("/")
    page.route(PREVIEW, lambda route: route.fulfill(status=404))
    page.goto(f"{page.url}documents/notes")
    expect(page.get_by_test_id("preview")).to_contain_text("could not be loaded")
    wait_until_usable(page)


def test_a_script_that_stays_away_is_told_of(open_page: OpenPage) -> None:
    page = open_page("/")
    loads: list[str] = []

    def asked(request: Request) -> None:
        if request.is_navigation_request():
            loads.append(request.url)

    page.on("request", asked)
    page.route(SCRIPT, lambda route: route.fulfill(status=404))
    page.goto(f"{page.url}documents/notes")
    expect(page.locator(".notice[role=alert]")).to_contain_text("could not be loaded completely")
    assert len(loads) == 4
