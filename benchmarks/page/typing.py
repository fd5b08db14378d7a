"""The latency of a key press in a large document: `python -m benchmarks.page.typing`.

Chromium, with a throttled processor, opens the document and types in it: alone, then while other
users edit and move their cursors. The latency of a key counts from the event to the end of the
frame that shows it. The CPU time of the page's thread per key is reported as well; it depends less
on other load of the machine. Compare two revisions in one session.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import time
from dataclasses import dataclass
from typing import Any

from playwright.async_api import CDPSession, Page, async_playwright

from .document import Crowd, fill
from .load import PAGES, launch, make, served, until

__all__ = ["KINDS", "main"]

KINDS = {"text": "text", "richtext": "richtext", "board": "json"}
SIZES = {"text": 1_000_000, "richtext": 200_000, "board": 500}
CARET = {
    "text": (".cm-content", "End"),
    "richtext": (".ql-editor", "End"),
    "board": ("[data-testid=item-text] >> nth=3", "End"),
}
CLICK = {"x": 300.0, "y": 150.0}
KEYS = "abcdefgh "
KEY_SECONDS = 0.12
REST_SECONDS = 3
GIVE_UP_SECONDS = 40

SAVED = "document.querySelector('[data-testid=save-state]').dataset.state === 'saved'"
WATCH = """
window.measured = { keys: [], tasks: [] };
const note = (list) => measured.tasks.push(...list.getEntries().map(({ duration }) => duration));
new PerformanceObserver(note).observe({ entryTypes: ["longtask"] });
addEventListener("keydown", ({ timeStamp }) => requestAnimationFrame(() => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => measured.keys.push(performance.now() - timeStamp);
  port2.postMessage(null);
}), true);
"""
TIMES = ("TaskDuration", "ScriptDuration", "RecalcStyleDuration", "LayoutDuration")
HEADINGS = (
    *("beside", "keys", "p50 ms", "p95 ms", "max ms", "longest task ms", "tasks over 50 ms"),
    *("page busy %", "CPU ms a key", "script", "style", "layout"),
)


@dataclass(frozen=True)
class Options:
    page: str
    size: int
    edits_per_second: float
    people: int
    throttle: float
    preview: bool
    one_line: bool
    keys: int


async def cpu(session: CDPSession) -> dict[str, float]:
    """CPU seconds of the page's thread so far, by category."""
    metrics = (await session.send("Performance.getMetrics"))["metrics"]
    return {each["name"]: each["value"] for each in metrics if each["name"] in TIMES}


def percentile(values: list[float], share: float) -> str:
    if not values:
        return "-"
    return f"{sorted(values)[min(len(values) - 1, int(len(values) * share))]:.0f}"


async def type_keys(page: Page, session: CDPSession, count: int) -> list[str]:
    """The figures of `count` keys, or of fewer if the timeout was reached."""
    await page.evaluate("() => { measured.keys.length = measured.tasks.length = 0 }")
    before, began, pressed = await cpu(session), time.monotonic(), 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GIVE_UP_SECONDS):
            for pressed in range(1, count + 1):
                await page.keyboard.press(KEYS[pressed % len(KEYS)])
                await asyncio.sleep(KEY_SECONDS)
    seconds, after = time.monotonic() - began, await cpu(session)
    measured: dict[str, list[float]] = await page.evaluate("() => measured")
    keys, tasks = measured["keys"], measured["tasks"]
    used = {name: after[name] - before[name] for name in TIMES}
    figures = [str(len(keys)), *(percentile(keys, share) for share in (0.5, 0.95, 1))]
    figures += [
        percentile(tasks, 1),
        str(len(tasks)),
        f"{100 * used['TaskDuration'] / seconds:.0f}",
    ]
    return figures + [f"{1000 * used[name] / max(1, pressed):.1f}" for name in TIMES]


async def settled(page: Page) -> None:
    """Return after two frames, so that earlier key presses are not measured."""
    await page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


async def measure(base: str, page: Page, session: CDPSession, options: Options) -> None:
    doc_type = KINDS[options.page]
    doc_id = await make(base, doc_type)
    await fill(base, doc_id, doc_type, options.size, one_line=options.one_line)
    await page.add_init_script(WATCH)
    shown = "shown" if options.preview else "hidden"
    await page.add_init_script(f"localStorage.setItem('collab-preview', '{shown}')")
    began = time.monotonic()
    await page.goto(f"{base}/documents/{doc_id}", wait_until="commit")
    await until(page, PAGES[doc_type])
    await page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
    )
    write(f"{options.page} of {options.size:,}, opened in {time.monotonic() - began:.1f} s\n\n")
    await session.send("Emulation.setCPUThrottlingRate", {"rate": options.throttle})
    await asyncio.sleep(REST_SECONDS)
    place, key = CARET[options.page]
    await page.click(place, position=None if options.page == "board" else CLICK)
    await page.keyboard.press(key)
    await settled(page)
    write(f"| {' | '.join(HEADINGS)} |\n|{'---|' * len(HEADINGS)}\n")
    write(row("nobody", await type_keys(page, session, options.keys)))
    if options.people or options.edits_per_second:
        crowd = Crowd(
            *(base, doc_id, doc_type, options.size, options.people, options.edits_per_second)
        )
        async with crowd:
            await asyncio.sleep(REST_SECONDS)
            figures = await type_keys(page, session, options.keys)
        write(row(f"{options.people} people, {options.edits_per_second:g} edits/s", figures))
    await session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    await until(
        page, "document.querySelector('[data-testid=save-state]').dataset.state === 'saved'"
    )


def row(name: str, figures: list[str]) -> str:
    return f"| {name} | {' | '.join(figures)} |\n"


def write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


async def run(options: Options, url: str | None) -> None:
    # Serves the source modules, since the bundles may be outdated.
    started = served(url, static_sources=True, log_level="warning")
    async with started as base, async_playwright() as playwright:
        browser = await launch(playwright)
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(0)
        session = await page.context.new_cdp_session(page)
        await session.send("Performance.enable", {"timeDomain": "threadTicks"})
        await measure(base, page, session, options)
        await browser.close()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page.typing", description=__doc__)
    parser.add_argument("--page", choices=list(KINDS), default="text")
    parser.add_argument("--size", type=int, help="characters, or cards of the board")
    parser.add_argument("--edits-per-second", type=float, default=20, help="of others")
    parser.add_argument("--people", type=int, default=50, help="other users whose cursors move")
    parser.add_argument(
        "--throttle", type=float, default=4, help="slowdown factor of the processor"
    )
    parser.add_argument("--preview", action="store_true", help="show the Markdown preview")
    parser.add_argument("--one-line", action="store_true", help="a text without line breaks")
    parser.add_argument("--keys", type=int, default=60)
    parser.add_argument("--url", help="URL of a running server")
    given = vars(parser.parse_args(arguments))
    url, size = given.pop("url"), given.pop("size")
    options: Any = Options(size=size or SIZES[given["page"]], **given)
    asyncio.run(run(options, url))


if __name__ == "__main__":
    main(sys.argv[1:])
