"""The time until a page can be used, and the bytes loaded for it: `python -m benchmarks.page.load`.

Chromium opens each page with an empty cache and again with the filled cache, on a slow network and
a slow processor, as emulated by DevTools. `--url` measures a running server in open mode.
Times depend on the machine and its load: compare two revisions in one session.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import shutil
import statistics
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, Playwright, async_playwright

from ..server import ServerProcess

__all__ = ["PAGES", "SLOW_4G", "Traffic", "launch", "main", "make", "served", "until"]

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
WAIT_MILLISECONDS = 120_000
REST_SECONDS = 1.5

SLOW_4G = {
    "offline": False,
    "latency": 562.5,
    "downloadThroughput": 180_000,
    "uploadThroughput": 84_375,
}
"""The preset of DevTools: milliseconds, and bytes per second."""

CPU_FACTOR = 4

SAVED = "document.querySelector('[data-testid=save-state]')?.dataset.state === 'saved'"
PAGES = {
    "list": "document.querySelector('#documents')?.getAttribute('aria-busy') === 'false'",
    "text": f"document.querySelector('.cm-content')?.isContentEditable && {SAVED}",
    "richtext": f"document.querySelector('.ql-editor')?.isContentEditable && {SAVED}",
    "json": f"document.querySelector('#new-item-form')?.hidden === false && {SAVED}",
}
"""When each page can be used."""


WORKERS = """() => performance.getEntriesByType("resource")
  .filter(({ name }) => name.includes("/worker-"))
  .map(({ name, transferSize }) => [name, transferSize])
"""
"""The URLs and bytes of worker scripts, whose responses the page's session does not report."""


class Traffic:
    """The network traffic of a page as reported by Chromium, without cached responses."""

    def __init__(self) -> None:
        self.requests: dict[str, str] = {}
        self.bytes: dict[str, int] = {}

    def listen(self, session: Any) -> None:
        """Listen to a DevTools session of the page. Send `Network.enable` afterwards."""
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.responseReceived", self._answered)
        session.on("Network.loadingFinished", self._finished)

    def _asked(self, event: Any) -> None:
        self.requests[event["requestId"]] = event["request"]["url"]

    def _answered(self, event: Any) -> None:
        if event["response"].get("fromDiskCache"):
            self.requests.pop(event["requestId"], None)

    def _finished(self, event: Any) -> None:
        if event["requestId"] in self.requests:
            self.bytes[event["requestId"]] = int(event["encodedDataLength"])

    def add_workers(self, told: list[tuple[str, int]]) -> None:
        """Add the result of `WORKERS`."""
        sizes = dict(told)
        for key, url in list(self.requests.items()):
            if sizes.get(url) == 0:
                del self.requests[key]
            elif url in sizes:
                self.bytes[key] = sizes[url]

    def kilobytes(self, part: str = "") -> float:
        """Kilobytes of the URLs that contain `part`."""
        found = (key for key, url in self.requests.items() if part in url)
        return sum(self.bytes.get(key, 0) for key in found) / 1000


async def visit(context: BrowserContext, url: str, ready: str, is_slow: bool) -> tuple[float, Any]:
    """Open a page; returns the seconds until it can be used, and its traffic some time later."""
    page = await context.new_page()
    traffic = Traffic()
    session = await context.new_cdp_session(page)
    traffic.listen(session)
    await session.send("Network.enable")
    if is_slow:
        await session.send("Emulation.setCPUThrottlingRate", {"rate": CPU_FACTOR})
        await session.send("Network.emulateNetworkConditions", SLOW_4G)
    began = time.monotonic()
    await page.goto(url, wait_until="commit", timeout=WAIT_MILLISECONDS)
    await until(page, ready)
    seconds = time.monotonic() - began
    # Some parts, such as the preview, are loaded when the page is in use already.
    await asyncio.sleep(REST_SECONDS * (CPU_FACTOR if is_slow else 1))
    traffic.add_workers(await page.evaluate(WORKERS))
    await page.close()
    return seconds, traffic


async def until(page: Page, ready: str) -> None:
    await page.wait_for_function(f"() => {ready}", timeout=WAIT_MILLISECONDS, polling=20)


async def measure(browser: Browser, base: str, name: str, rounds: int, is_slow: bool) -> None:
    first: list[float] = []
    second: list[float] = []
    traffics: list[list[Traffic]] = []
    for _ in range(rounds):
        url = base + ("/" if name == "list" else f"/documents/{await make(base, name)}")
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        once, loaded = await visit(context, url, PAGES[name], is_slow)
        again, loaded_again = await visit(context, url, PAGES[name], is_slow)
        await context.close()
        first.append(once)
        second.append(again)
        traffics.append([loaded, loaded_again])
    loaded, loaded_again = traffics[-1]
    figures = [
        f"{statistics.median(seconds):.1f} | {len(traffic.requests)} | {traffic.kilobytes():.0f}"
        for seconds, traffic in ((first, loaded), (second, loaded_again))
    ]
    sys.stdout.write(f"| {name} | {' | '.join(figures)} |\n")
    sys.stdout.flush()


async def make(base: str, doc_type: str) -> str:
    doc_id = f"load-{uuid.uuid4().hex[:10]}"
    body = json.dumps({"doc_id": doc_id, "doc_type": doc_type}).encode()
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"{base}/api/documents", body, headers)
    await asyncio.to_thread(lambda: urllib.request.urlopen(request).read())
    return doc_id


@contextlib.asynccontextmanager
async def served(url: str | None, **settings: object) -> AsyncIterator[str]:
    if url is not None:
        yield url.rstrip("/")
        return
    with tempfile.TemporaryDirectory() as folder:
        async with ServerProcess(f"sqlite:///{Path(folder) / 'load.db'}", **settings) as server:
            yield server.url


async def launch(playwright: Playwright) -> Browser:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise SystemExit(f"none of {', '.join(PROGRAMS)} is installed")
    return await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])


async def run(pages: list[str], rounds: int, is_slow: bool, url: str | None) -> None:
    async with served(url) as base, async_playwright() as playwright:
        browser = await launch(playwright)
        sys.stdout.write(
            "| page | first visit, s | requests | kB | second visit, s | requests | kB |\n"
        )
        sys.stdout.write("|---|---:|---:|---:|---:|---:|---:|\n")
        for name in pages:
            await measure(browser, base, name, rounds, is_slow)
        await browser.close()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page.load", description=__doc__)
    parser.add_argument("pages", nargs="*", default=list(PAGES), help=" ".join(PAGES))
    parser.add_argument("--rounds", type=int, default=3, help="rounds per median")
    parser.add_argument("--fast", action="store_true", help="without a slow network and processor")
    parser.add_argument("--url", help="URL of a running server")
    given = parser.parse_args(arguments)
    if unknown := set(given.pages) - set(PAGES):
        parser.error(f"no page {min(unknown)!r}: known are {', '.join(PAGES)}")
    asyncio.run(run(given.pages, given.rounds, not given.fast, given.url))


if __name__ == "__main__":
    main(sys.argv[1:])
