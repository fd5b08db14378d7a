"""Formats of whole lines in Chromium: every editor shows the same one, whoever set which when."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.raweditor import raw
from tests.relay import Relay
from tests.serverprocess import ServerProcess

PATH = "/documents/doc?doc_type=richtext"
BLOCKS = ["code-block", "list", "header", "blockquote"]
FORMATS: list[tuple[str, Any]] = [
    *(("header", level) for level in (1, 2, 3)),
    *(("list", kind) for kind in ("bullet", "ordered", "checked", "unchecked")),
    ("blockquote", True),
    ("code-block", True),
]
PAIRS = list(itertools.product(FORMATS, FORMATS))
# Each line has marks and a picture, which code has or has not.
WORDS: list[dict[str, Any]] = [
    {"insert": "plain "},
    {"insert": "bold", "attributes": {"bold": True}},
    {"insert": "link", "attributes": {"link": "https://a.example/"}},
    {"insert": {"image": "https://pictures.example/a.png"}, "attributes": {"alt": "a"}},
    {"insert": {"formula": "e=mc²"}},
]
LINE = sum(len(part["insert"]) if isinstance(part["insert"], str) else 1 for part in WORDS) + 1

# What the editor holds, and what is drawn of it, line by line.
SHOWN = """
async () => {
  const { Quill } = await import(new URL("../static/vendor/quill.js", location.href));
  const quill = Quill.find(document.querySelector("[data-testid=editor]"));
  const drawn = quill.getLines().map((line) => {
    const { tagName, dataset, className } = line.domNode;
    const parts = [...line.domNode.querySelectorAll("strong, a, img, .unknown-embed")];
    const names = parts.map((part) => part.localName);
    return [tagName, dataset.list ?? "", className, ...names].join(" ");
  });
  return { held: quill.getContents().ops, drawn, length: quill.getLength() };
}
"""

# As the toolbar does it: [line, name, value] each.
FORMAT = """
async ([changes, length]) => {
  const { Quill } = await import(new URL("../static/vendor/quill.js", location.href));
  const quill = Quill.find(document.querySelector("[data-testid=editor]"));
  for (const [line, name, value] of changes) {
    quill.formatLine(line * length, 1, name, value, "user");
  }
}
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """Its pages load the modules, so that a test can ask these for the page's own Quill."""
    with ServerProcess(tmp_path, static_sources=True) as server:
        yield server


def content(server: ServerProcess) -> Any:
    return httpx2.get(f"{server.url}/api/documents/doc").json()["content"]["ops"]


def blocks(server: ServerProcess) -> list[dict[str, Any]]:
    """The block formats that the document holds for each of its lines."""
    return [
        {name: op["attributes"][name] for name in BLOCKS if name in op.get("attributes", {})}
        for op in content(server)
        if isinstance(op["insert"], str)
        for _ in range(op["insert"].count("\n"))
    ]


def open_text(open_page: OpenPage, **options: Any) -> Page:
    page = open_page(PATH, **options)
    expect(page.get_by_test_id("editor")).to_have_attribute("aria-busy", "false")
    return page


def wait_until_saved(*pages: Page) -> None:
    for page in pages:
        expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")


def write(server: ServerProcess, ops: list[dict[str, Any]]) -> None:
    with raw(server, "richtext") as editor:
        assert editor.edit({"ops": ops})


def wait_for_version(server: ServerProcess, *pages: Page) -> None:
    """Until every page has what the server has: a mark behind all else comes last."""
    write(server, [{"retain": LINE * len(PAIRS)}, {"insert": "."}])
    count = sum(str(op["insert"]).count(".") for op in content(server)[-1:])
    for page in pages:
        wait_until_saved(page)
        expect(page.locator(".ql-editor > :last-child")).to_have_text("." * count)


def assert_alike(server: ServerProcess, open_page: OpenPage, *pages: Page) -> Any:
    """All pages show the same, one that opens now too; returns what they show."""
    wait_for_version(server, *pages)
    fresh = open_text(open_page)
    expected = fresh.evaluate(SHOWN)
    fresh.close()
    for page in pages:
        shown = page.evaluate(SHOWN)
        for one, other in zip(shown["drawn"], expected["drawn"], strict=True):
            assert one == other
        assert shown == expected
    return expected


def drawn(name: str, value: Any) -> str:
    return {
        "header": f"H{value}",
        "list": f"LI {value}",
        "blockquote": "BLOCKQUOTE",
        "code-block": "DIV  ql-code-block",
    }[name]


@pytest.fixture
def lines(server: ServerProcess) -> None:
    write(server, [*WORDS, {"insert": "\n"}] * len(PAIRS))


@pytest.mark.usefixtures("lines")
def test_two_block_formats_at_the_same_moment_leave_one(
    open_page: OpenPage, server: ServerProcess, relay: Relay
) -> None:
    ann = open_text(open_page, through=relay)
    bob = open_text(open_page, through=relay)
    carol = open_text(open_page)
    relay.cut()
    for page, side in ((ann, 0), (bob, 1)):
        expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "offline")
        changes = [[line, *pair[side]] for line, pair in enumerate(PAIRS)]
        page.evaluate(FORMAT, [changes, LINE])
    relay.mend()
    shown = assert_alike(server, open_page, ann, bob, carol)
    for pair, held, line in zip(PAIRS, blocks(server), shown["drawn"], strict=False):
        assert [*held.items()] in ([pair[0]], [pair[1]])
        assert line.startswith(drawn(*next(iter(held.items()))))
    # Whoever undoes takes back what is theirs of it; all go on alike.
    for page in (ann, bob, ann):
        page.locator(".ql-editor").press("Control+z")
        assert_alike(server, open_page, ann, bob, carol)
    assert all(len(held) <= 1 for held in blocks(server))
    for page in (bob, ann):
        page.locator(".ql-editor").press("Control+Shift+z")
        assert_alike(server, open_page, ann, bob, carol)
    assert all(len(held) <= 1 for held in blocks(server))
    for page in (ann, bob, carol):
        page.reload()
        expect(page.get_by_test_id("editor")).to_have_attribute("aria-busy", "false")
    assert assert_alike(server, open_page, ann, bob, carol)


@pytest.mark.usefixtures("lines")
def test_a_line_that_has_several_block_formats_shows_the_strongest(
    open_page: OpenPage, server: ServerProcess
) -> None:
    """As clients leave them that name one format only."""
    page = open_text(open_page)
    for side in (0, 1):
        ops: list[dict[str, Any]] = []
        for pair in PAIRS:
            name, value = pair[side]
            ops += [{"retain": LINE - 1}, {"retain": 1, "attributes": {name: value}}]
        write(server, ops)
    shown = assert_alike(server, open_page, page)
    held = blocks(server)
    for pair, both, line in zip(PAIRS, held, shown["drawn"], strict=False):
        assert both == dict(pair)
        strongest = min(both, key=BLOCKS.index)
        assert line.startswith(drawn(strongest, both[strongest]))
    # Marks in code are hidden, not gone.
    marks = [[{"retain": LINE - 5}, {"retain": 2, "attributes": {"italic": True}}, {"retain": 3}]]
    write(server, [op for each in marks * len(PAIRS) for op in each])
    assert_alike(server, open_page, page)
    # To take the shown one away leaves none.
    changes = [
        [line, min(both, key=BLOCKS.index), False]
        for line, both in enumerate(held[: len(PAIRS)])
        if len(both) > 1
    ]
    page.evaluate(FORMAT, [changes, LINE])
    shown = assert_alike(server, open_page, page)
    for line, _, _ in changes:
        assert blocks(server)[line] == {}
        assert shown["drawn"][line].startswith("P ")
        assert "strong a" in shown["drawn"][line]
