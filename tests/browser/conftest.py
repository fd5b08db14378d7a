"""Real Chromium on the real server."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from tests.relay import Relay
from tests.serverprocess import ServerProcess

ACTION_MILLISECONDS = 20_000
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")

OpenPage = Callable[..., Page]

# The default of 5 s is too short on a busy machine.
expect.set_options(timeout=ACTION_MILLISECONDS)


# Not for the session: while Playwright runs, no asyncio loop can be started in this thread.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium as the system has it; `scripts/test` installs it."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert program is not None, "Chromium is missing: scripts/test installs it"
    with sync_playwright() as playwright:
        # Chromium's own sandbox needs a user that is not root.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path) as server:
        yield server


@pytest.fixture
def relay(server: ServerProcess) -> Iterator[Relay]:
    """A cable to the server that can be pulled."""
    relay = Relay(server.port)
    yield relay
    relay.close()


@pytest.fixture
def open_page(browser: Browser, server: ServerProcess) -> Iterator[OpenPage]:
    """Opens pages, each in a browser profile of its own unless one is given.

    An error on a page fails the test; so does what its Content-Security-Policy forbids, unless it
    is said not to be strict.
    """
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def told(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            problems.append(message.text)

    def open_page(
        path: str = "/",
        *,
        context: BrowserContext | None = None,
        through: Relay | None = None,
        strict: bool = True,
        **options: Any,
    ) -> Page:
        if context is None:
            context = browser.new_context(**options)
            context.set_default_timeout(ACTION_MILLISECONDS)
            contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        if strict:
            page.on("console", told)
        page.goto((through or server).url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not problems
