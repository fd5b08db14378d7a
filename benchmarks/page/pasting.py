"""How long the page takes to take in a long plain text: `python -m benchmarks.page.pasting`.

Chromium opens an empty document and pastes the text. The CPU time of the page's thread counts
until all of the text is shown and stored: it depends less on what else the machine does than the
time by the clock. Compare two revisions in one sitting.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path

from playwright.async_api import CDPSession, Page, async_playwright

from .document import lines
from .load import PAGES, launch, make, served, until
from .typing import CARET, KINDS, SAVED, TIMES, WATCH, cpu, percentile

__all__ = ["main"]

PASTE = """(text) => {
  measured.tasks.length = 0;
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  const event = new ClipboardEvent("paste", { clipboardData, cancelable: true, bubbles: true });
  document.activeElement.dispatchEvent(event);
}"""
SHOWN = {
    "text": "document.querySelector('.cm-content').textContent.length > 0",
    "richtext": """(document.querySelector('.progress').hidden
      && document.querySelector('.ql-editor').childElementCount >= LINES)""",
}
HEADINGS = ("characters", "seconds", "CPU s", "script", "style", "layout", "longest task ms")


async def measure(base: str, page: Page, session: CDPSession, kind: str, size: int) -> None:
    doc_type = KINDS[kind]
    doc_id = await make(base, doc_type)
    await page.goto(f"{base}/documents/{doc_id}", wait_until="commit")
    await until(page, PAGES[doc_type])
    await page.click(CARET[kind][0])
    text = "\n".join(lines(size))[:size]
    before, began = await cpu(session), time.monotonic()
    await page.evaluate(PASTE, text)
    await until(page, SHOWN[kind].replace("LINES", str(text.count("\n"))))
    await until(page, SAVED)
    seconds, after = time.monotonic() - began, await cpu(session)
    tasks: list[float] = await page.evaluate("() => measured.tasks")
    used = [f"{after[name] - before[name]:.2f}" for name in TIMES]
    figures = [f"{size:,}", f"{seconds:.1f}", *used, percentile(tasks, 1)]
    sys.stdout.write(f"| {' | '.join(figures)} |\n")
    sys.stdout.flush()


async def run(page_kind: str, sizes: list[int], url: str | None, profile: Path | None) -> None:
    # The modules as they are: bundles may be older.
    started = served(url, static_sources=True, log_level="warning")
    async with started as base, async_playwright() as playwright:
        browser = await launch(playwright)
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(0)
        await page.add_init_script(WATCH)
        session = await page.context.new_cdp_session(page)
        await session.send("Performance.enable", {"timeDomain": "threadTicks"})
        sys.stdout.write(f"| {' | '.join(HEADINGS)} |\n|{'---|' * len(HEADINGS)}\n")
        for size in sizes:
            if profile:
                await session.send("Profiler.enable")
                await session.send("Profiler.start")
            await measure(base, page, session, page_kind, size)
            if profile:
                taken = await session.send("Profiler.stop")
                await asyncio.to_thread(profile.write_text, json.dumps(taken["profile"]))
        await browser.close()


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page.pasting", description=__doc__)
    parser.add_argument("--page", choices=list(SHOWN), default="richtext", dest="page_kind")
    parser.add_argument("--sizes", type=int, nargs="+", default=[500_000, 2_000_000])
    parser.add_argument("--profile", type=Path, help="writes what V8 sampled of the last one")
    parser.add_argument("--url", help="of a server that runs already")
    asyncio.run(run(**vars(parser.parse_args(arguments))))


if __name__ == "__main__":
    main(sys.argv[1:])
