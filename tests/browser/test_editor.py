"""The editor in Chromium: people write together, go offline, and lose nothing."""

from __future__ import annotations

import re
from typing import Any

import httpx2
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.relay import Relay
from tests.serverprocess import ServerProcess

SAVED = re.compile("saved")


def content(server: ServerProcess, doc_id: str) -> str:
    answer = httpx2.get(f"{server.url}/api/documents/{doc_id}")
    return str(answer.json()["content"])


def text(page: Page) -> str:
    """What stands in the editor, without the labels of other people's cursors."""
    found: Any = page.evaluate(
        """() => [...document.querySelectorAll(".cm-line")].map((line) => {
          const copy = line.cloneNode(true);
          for (const other of copy.querySelectorAll("[data-testid=remote-cursor]")) other.remove();
          return copy.textContent.replaceAll("\\u2060", "").replaceAll("\\u200b", "");
        }).join("\\n")"""
    )
    return str(found)


def write(page: Page, words: str) -> None:
    page.keyboard.insert_text(words)


def focus(page: Page) -> None:
    page.get_by_test_id("editor").locator(".cm-content").click()


def state(page: Page) -> Any:
    return expect(page.get_by_test_id("save-state"))


def wait_until_saved(*pages: Page) -> None:
    for page in pages:
        state(page).to_have_attribute("data-state", "saved")


def wait_for_text(page: Page, expected: str) -> None:
    page.wait_for_function(
        """(expected) => document.querySelector(".cm-content")?.innerText.includes(expected)""",
        arg=expected,
    )


def assert_agreed(server: ServerProcess, doc_id: str, *pages: Page) -> str:
    """Everybody, and the server, has the same text; returns it."""
    wait_until_saved(*pages)
    agreed = content(server, doc_id)
    for page in pages:
        page.wait_for_function(
            """(lines) => {
              const found = document.querySelectorAll(".cm-line");
              return found.length === lines;
            }""",
            arg=agreed.count("\n") + 1,
        )
        assert text(page) == agreed
    return agreed


def test_a_document_is_created_found_and_opened(open_page: OpenPage) -> None:
    page = open_page("/")
    page.get_by_test_id("new-title").fill("Shopping list")
    page.get_by_test_id("create").click()
    expect(page).to_have_url(re.compile("/documents/"))
    expect(page.get_by_test_id("title")).to_have_value("Shopping list")
    page.goto(re.sub("documents/.*", "", page.url))
    page.get_by_test_id("search").fill("shopping")
    page.get_by_test_id("document-link").first.click()
    expect(page.get_by_test_id("title")).to_have_value("Shopping list")


def test_two_people_type_at_once_into_one_paragraph(
    open_page: OpenPage, server: ServerProcess
) -> None:
    ann, bob = open_page("/documents/both"), open_page("/documents/both")
    for page in (ann, bob):
        focus(page)
    write(ann, "Start: ")
    wait_for_text(bob, "Start")
    bob.keyboard.press("Control+End")
    for one, other in zip("héllo 😀 from Ann 👨‍👩‍👧 ", "wörld 🎉 from Bob 🏳️‍🌈  ", strict=False):
        write(ann, one)
        write(bob, other)
    agreed = assert_agreed(server, "both", ann, bob)
    assert agreed.startswith("Start: ")
    assert sorted(agreed.removeprefix("Start: ")) == sorted(
        "".join(
            one + other
            for one, other in zip(
                "héllo 😀 from Ann 👨‍👩‍👧 ", "wörld 🎉 from Bob 🏳️‍🌈  ", strict=False
            )
        )
    )


def test_what_is_written_offline_and_across_a_crash_is_merged(
    open_page: OpenPage, server: ServerProcess, relay: Relay
) -> None:
    ann = open_page("/documents/doc", through=relay)
    bob = open_page("/documents/doc")
    focus(ann)
    focus(bob)
    write(ann, "together. ")
    wait_for_text(bob, "together")
    wait_until_saved(ann)
    relay.cut()
    state(ann).to_have_attribute("data-state", "offline")
    write(ann, "Ann was offline 🚇. ")
    state(ann).to_have_attribute("data-state", "offline")
    expect(ann.get_by_test_id("unsaved-count")).not_to_be_empty()
    bob.keyboard.press("Control+End")
    write(bob, "Bob stayed. ")
    wait_until_saved(bob)
    server.kill()
    write(bob, "Then the server died. ")
    state(bob).not_to_have_attribute("data-state", "saved")
    server.start()
    relay.mend()
    wait_for_text(bob, "Ann was offline")
    wait_for_text(ann, "Then the server died")
    agreed = assert_agreed(server, "doc", ann, bob)
    for part in ("together. ", "Ann was offline 🚇. ", "Bob stayed. ", "Then the server died. "):
        assert agreed.count(part) == 1


def test_unsaved_changes_survive_closing_the_page(
    open_page: OpenPage, server: ServerProcess
) -> None:
    ann = open_page("/documents/doc")
    focus(ann)
    write(ann, "saved, ")
    wait_until_saved(ann)
    server.kill()
    write(ann, "and not yet saved")
    state(ann).not_to_have_attribute("data-state", "saved")
    expect(ann.get_by_test_id("unsaved-count")).not_to_be_empty()
    context = ann.context
    ann.close(run_before_unload=False)
    server.start()
    ann = open_page("/documents/doc", context=context)
    wait_for_text(ann, "saved, and not yet saved")
    assert assert_agreed(server, "doc", ann) == "saved, and not yet saved"


def test_closing_with_unsaved_changes_warns(open_page: OpenPage, server: ServerProcess) -> None:
    ann = open_page("/documents/doc")
    focus(ann)
    write(ann, "x")
    wait_until_saved(ann)
    dialogs: list[str] = []
    ann.on("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.dismiss()))
    server.kill()
    ann.keyboard.type("y")
    state(ann).not_to_have_attribute("data-state", "saved")
    with ann.expect_event("dialog"):
        ann.close(run_before_unload=True)
    assert dialogs == ["beforeunload"]
    server.start()
    wait_until_saved(ann)


def test_undo_takes_back_ones_own_typing_only(open_page: OpenPage, server: ServerProcess) -> None:
    ann, bob = open_page("/documents/doc"), open_page("/documents/doc")
    focus(ann)
    # At one go: what is typed slowly, as on a busy machine, is taken back in several steps.
    write(ann, "mine ")
    wait_for_text(bob, "mine")
    focus(bob)
    bob.keyboard.press("Control+End")
    bob.keyboard.type("theirs ")
    wait_for_text(ann, "theirs")
    ann.keyboard.press("Control+z")
    wait_until_saved(ann)
    wait_for_text(bob, "theirs")
    bob.wait_for_function(
        """() => !document.querySelector(".cm-content").innerText.includes("mine")"""
    )
    assert assert_agreed(server, "doc", ann, bob) == "theirs "
    ann.keyboard.press("Control+y")
    wait_for_text(bob, "mine")
    assert assert_agreed(server, "doc", ann, bob) == "mine theirs "


def test_people_see_each_other(open_page: OpenPage) -> None:
    ann, bob = open_page("/documents/doc"), open_page("/documents/doc")
    expect(ann.get_by_test_id("user")).to_have_count(2)
    focus(bob)
    bob.keyboard.type("hello")
    expect(ann.get_by_test_id("remote-cursor").first).to_be_attached()
    ann.get_by_test_id("title").fill("A better title")
    ann.get_by_test_id("title").press("Enter")
    expect(bob.get_by_test_id("title")).to_have_value("A better title")
    bob.close()
    expect(ann.get_by_test_id("user")).to_have_count(1)
    expect(ann.get_by_test_id("remote-cursor")).to_have_count(0)


def test_the_preview_shows_markdown_and_runs_nothing(open_page: OpenPage) -> None:
    page = open_page("/documents/doc")
    focus(page)
    write(
        page,
        "# Big\n\n<img src=x onerror=\"document.title='owned'\">"
        "<script>document.title='owned'</script>\n\n[x](javascript:document.title='owned')",
    )
    preview = page.get_by_test_id("preview")
    if not preview.is_visible():
        page.get_by_test_id("preview-toggle").click()
    expect(preview.locator("h1")).to_have_text("Big")
    expect(preview.locator("script")).to_have_count(0)
    expect(preview.locator("[onerror]")).to_have_count(0)
    expect(preview.locator("a[href^='javascript']")).to_have_count(0)
    assert "owned" not in page.title()


def test_the_preview_waits_for_a_server_that_is_away(
    open_page: OpenPage, server: ServerProcess
) -> None:
    # On a phone the preview, and so its renderer, is loaded only when it is asked for.
    page = open_page("/documents/doc", viewport={"width": 390, "height": 780})
    focus(page)
    write(page, "# Big")
    wait_until_saved(page)
    server.kill()
    state(page).to_have_attribute("data-state", "offline")
    with page.expect_event("requestfailed", lambda request: "markdown" in request.url):
        page.get_by_test_id("preview-toggle").click()
    server.start()
    expect(page.get_by_test_id("preview").locator("h1")).to_have_text("Big")


def test_it_is_usable_on_a_phone_and_in_the_dark(open_page: OpenPage) -> None:
    page = open_page(
        "/documents/doc",
        viewport={"width": 390, "height": 780},
        color_scheme="dark",
        has_touch=True,
    )
    focus(page)
    page.keyboard.type("small")
    wait_until_saved(page)
    overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(overflow)
    page.goto(re.sub("documents/.*", "", page.url))
    assert not page.evaluate(overflow)


def test_names_and_titles_hold_what_people_are_called(
    open_page: OpenPage, server: ServerProcess
) -> None:
    ann, bob = open_page("/documents/doc"), open_page("/documents/doc")
    names = ("می‌خواهم", "山田　太郎", "👩‍👩‍👧 Zoë")
    for name in names:
        ann.get_by_test_id("name").fill(name)
        ann.get_by_test_id("name").press("Enter")
        expect(bob.locator(f'[data-testid=user][title="{name}"]')).to_have_count(1)
        ann.get_by_test_id("title").fill(name)
        ann.get_by_test_id("title").press("Enter")
        expect(bob.get_by_test_id("title")).to_have_value(name)
    # What can't stand on a line is a space, and stored.
    ann.get_by_test_id("title").fill("one\u202etwo")
    ann.get_by_test_id("title").press("Enter")
    expect(bob.get_by_test_id("title")).to_have_value("one two")
