"""The pages for everybody, in Chromium: axe-core, the keyboard, forced colours, what is said."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect

from collab.auth import User, make_token
from tests.browser.axe import violations
from tests.browser.conftest import OpenPage
from tests.browser.raweditor import Raw, raw
from tests.relay import Relay
from tests.serverprocess import ServerProcess

SECRET = "a secret of at least thirty-two bytes"
NAMES = ("Ada Lovelace", "Bob", "Cleo", "Dan", "Eve", "Fay", "Gus")
MARKDOWN = (
    "# Hello\n\nSome *text*, `code`, [a link](https://a.example/), ![tree](https://b.example/x.png)"
    "\n\n- [ ] task\n- [x] done\n\n> quote\n\n| a | b |\n|-|-|\n| 1 | 2 |\n\n```\ncode\n```\n"
)
RICH = [
    {"insert": "Title"},
    {"insert": "\n", "attributes": {"header": 1}},
    {"insert": "plain "},
    {"insert": "red", "attributes": {"color": "#ff0000"}},
    {"insert": "yellow", "attributes": {"color": "#ffff00"}},
    {"insert": "marked", "attributes": {"background": "#00ff00"}},
    {"insert": "both", "attributes": {"color": "#ff00ff", "background": "#0000ff"}},
    {"insert": "link", "attributes": {"link": "https://a.example/"}},
    {"insert": {"image": "https://b.example/x.png"}, "attributes": {"alt": "tree"}},
    {"insert": {"formula": "x"}},
    {"insert": "code", "attributes": {"code": True}},
    {"insert": "\none"},
    {"insert": "\n", "attributes": {"list": "checked"}},
    {"insert": "said"},
    {"insert": "\n", "attributes": {"blockquote": True}},
    {"insert": "code"},
    {"insert": "\n", "attributes": {"code-block": True}},
]
PLACES = {"text": ".cm-content", "richtext": ".ql-editor", "json": "#new-item"}


@contextlib.contextmanager
def people(server: ServerProcess, doc_type: str, *names: str) -> Iterator[list[Raw]]:
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(raw(server, doc_type, name=name, user_id=name))
            for name in names or NAMES
        ]


def state(page: Page) -> Any:
    return expect(page.get_by_test_id("save-state"))


def assert_fine(page: Page, *sizes: str) -> None:
    found = violations(page, *sizes)
    assert not found, "\n".join(found)


def test_the_list_and_what_is_around_it(open_page: OpenPage, server: ServerProcess) -> None:
    page = open_page("/")
    expect(page.locator("#found")).to_have_text("No documents yet")
    assert_fine(page)
    with httpx2.Client(base_url=server.url) as http:
        for doc_type, title in (("text", "Notes"), ("richtext", "Long " * 30), ("json", "")):
            made = http.post("/api/documents", json={"title": title, "doc_type": doc_type})
            made.raise_for_status()
    page.reload()
    expect(page.locator("#found")).to_have_text("3 documents")
    assert_fine(page)
    page.get_by_test_id("search").fill("zzz")
    expect(page.locator("#found")).to_have_text("Nothing found")
    server.stop()
    page.get_by_test_id("search").fill("Notes")
    expect(page.get_by_test_id("notice")).to_be_visible()
    assert_fine(page)


@pytest.mark.parametrize("path", ["/sign-in", "/documents/a%20b"])
def test_pages_without_a_document(open_page: OpenPage, path: str) -> None:
    assert_fine(open_page(path))


def test_a_text_and_its_preview(open_page: OpenPage, server: ServerProcess, relay: Relay) -> None:
    with people(server, "text") as (ada, *_):
        assert ada.edit({"ops": [{"insert": MARKDOWN}]})
        ada.send(type="presence", cursor={"anchor": 1, "head": 5}, version=ada.version)
        page = open_page("/documents/doc", through=relay)
        expect(page.locator(".markdown table")).to_be_visible()
        expect(page.locator("#page-heading")).to_have_text("Untitled")
        assert_fine(page)
        page.get_by_test_id("preview-toggle").click()
        relay.cut()
        state(page).to_have_attribute("data-state", "offline")
        assert_fine(page)
        relay.mend()
    httpx2.delete(f"{server.url}/api/documents/doc").raise_for_status()
    expect(page.get_by_test_id("banner")).to_be_visible()
    assert_fine(page)


def test_a_rich_text_and_its_forms(
    open_page: OpenPage, server: ServerProcess, relay: Relay
) -> None:
    page = open_page("/documents/empty?doc_type=richtext", through=relay)
    state(page).to_have_attribute("data-state", "saved")
    assert_fine(page)
    with people(server, "richtext") as (ada, *_):
        assert ada.edit({"ops": RICH})
        ada.send(type="presence", cursor={"anchor": 1, "head": 5}, version=ada.version)
        page.goto(f"{relay.url}/documents/doc")
        expect(page.locator(".ql-editor h1")).to_be_visible()
        page.locator(".ql-editor").click()
        page.keyboard.press("Control+a")
        page.get_by_test_id("format-image").click()
        page.get_by_test_id("address").fill("javascript:1")
        page.keyboard.press("Enter")
        expect(page.locator("#message")).to_be_visible()
        page.keyboard.press("Control+f")
        page.keyboard.type("e")
        expect(page.get_by_test_id("find-count")).not_to_be_empty()
        assert_fine(page)
        relay.cut()
        state(page).to_have_attribute("data-state", "offline")
        assert_fine(page)


def test_a_board(open_page: OpenPage, server: ServerProcess) -> None:
    page = open_page("/documents/doc?doc_type=json")
    for text in ("milk", "bread"):
        page.get_by_test_id("new-item").fill(text)
        page.get_by_test_id("new-item").press("Enter")
    page.locator("input[type=checkbox]").last.check()
    with people(server, "json"):
        expect(page.get_by_test_id("user")).to_have_count(6)
        page.keyboard.press("Control+f")
        page.keyboard.type("milk")
        assert_fine(page)


@pytest.mark.parametrize("doc_type", PLACES)
def test_what_may_only_be_read(
    open_page: OpenPage, tmp_path_factory: pytest.TempPathFactory, doc_type: str
) -> None:
    folder = tmp_path_factory.mktemp("guarded")
    with ServerProcess(folder, auth="token", token_secret=SECRET) as server:
        owner, viewer = (
            make_token(SECRET, User(role, role, documents={"*": role}), lifetime_seconds=600)
            for role in ("owner", "viewer")
        )
        made = httpx2.post(
            f"{server.url}/api/documents",
            json={"doc_id": "doc", "doc_type": doc_type},
            headers={"authorization": f"Bearer {owner}"},
        )
        made.raise_for_status()
        page = open_page("/sign-in", viewport={"width": 1280, "height": 800})
        page.goto(f"{server.url}/sign-in")
        assert page.request.post(f"{server.url}/api/session", data={"token": viewer}).ok
        page.goto(f"{server.url}/documents/doc")
        state(page).to_contain_text("Read only")
        assert_fine(page)


@pytest.mark.parametrize("doc_type", PLACES)
def test_the_keyboard_has_a_way_past_the_bar(open_page: OpenPage, doc_type: str) -> None:
    page = open_page(f"/documents/doc?doc_type={doc_type}")
    state(page).to_have_attribute("data-state", "saved")
    page.evaluate("() => document.activeElement.blur()")
    page.locator("body > .skip-link").focus()
    expect(page.locator("body > .skip-link")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator(PLACES[doc_type])).to_be_focused()
    # It is the first stop.
    page.locator(".home").focus()
    page.keyboard.press("Shift+Tab")
    expect(page.locator("body > .skip-link")).to_be_focused()


@pytest.mark.parametrize("doc_type", PLACES)
def test_forced_colours_show_who_is_who(
    open_page: OpenPage, server: ServerProcess, doc_type: str
) -> None:
    page = open_page(f"/documents/doc?doc_type={doc_type}", forced_colors="active")
    state(page).to_have_attribute("data-state", "saved")
    with people(server, doc_type, "Ada", "Bob") as editors:
        content = [{"p": ["x"], "oi": 1}] if doc_type == "json" else {"ops": [{"insert": "ab\n"}]}
        assert editors[0].edit(content)
        editors[1].catch_up()
        for number, editor in enumerate(editors):
            place = {"anchor": 0, "head": number + 1}
            editor.send(type="presence", cursor=place, version=editor.version)
        expect(page.get_by_test_id("user")).to_have_count(3)
        seen = ".user" if doc_type == "json" else ".user, .remote-caret"
        if doc_type != "json":
            expect(page.get_by_test_id("remote-cursor")).to_have_count(2)
        colors = page.evaluate(
            """(seen) => [...document.querySelectorAll(seen)].map((element) => {
              const { backgroundColor, borderLeftColor } = getComputedStyle(element);
              return element.matches(".user, .cursors *") ? backgroundColor : borderLeftColor;
            })""",
            seen,
        )
        assert len(set(colors[:3])) == 3
        assert len(set(colors[3:])) == len(colors[3:])


def test_who_comes_and_goes_is_said_and_no_key(open_page: OpenPage, server: ServerProcess) -> None:
    page = open_page("/documents/doc")
    state(page).to_have_attribute("data-state", "saved")
    page.evaluate(
        """() => {
          globalThis.said = [];
          const announcer = document.querySelector("#announcer");
          new MutationObserver(() => said.push(announcer.textContent))
            .observe(announcer, { childList: true });
        }"""
    )
    announcer = page.locator("#announcer")
    with people(server, "text", "Ada", "Bob") as editors:
        expect(announcer).to_have_text("Ada and Bob are here.")
        assert editors[0].edit({"ops": [{"insert": "typed"}]})
        expect(page.locator(".cm-content")).to_contain_text("typed")
    expect(announcer).to_have_text("Ada and Bob have left.")
    assert page.evaluate("() => said") == ["Ada and Bob are here.", "Ada and Bob have left."]
