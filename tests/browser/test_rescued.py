"""Text that the server does not have any more is set aside, and the page says truly where it is."""

from __future__ import annotations

import shutil
from typing import Any

import httpx2
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

RETURN_MILLISECONDS = 30_000
"""The longest wait of the client before it connects again, and some more."""

FILL = """
() => {
  for (let size = 1 << 20; size >= 1; size >>= 1) {
    try {
      for (let n = 0; ; n += 1) localStorage.setItem(`fill-${size}-${n}`, "x".repeat(size));
    } catch {}
  }
}
"""
FORBID = (
    'Object.defineProperty(window, "localStorage", { get() { throw new Error("forbidden"); } })'
)


def banner(page: Page) -> Any:
    return page.get_by_test_id("banner")


def create_again(server: ServerProcess, doc_id: str = "doc") -> None:
    with httpx2.Client(base_url=server.url) as http:
        assert http.delete(f"/api/documents/{doc_id}").status_code == 204
        assert http.post("/api/documents", json={"doc_id": doc_id}).status_code == 201


def back_up(server: ServerProcess) -> None:
    server.stop()
    shutil.copy(server.folder / "collab.db", server.folder / "backup.db")
    server.start()


def restore(server: ServerProcess) -> None:
    server.kill()
    remove_database(server)
    shutil.copy(server.folder / "backup.db", server.folder / "collab.db")
    server.start()


def remove_database(server: ServerProcess) -> None:
    for file in server.folder.glob("collab.db*"):
        if file.is_file():
            file.unlink()


def wait_for_banner(page: Page, text: str) -> None:
    page.bring_to_front()
    expect(banner(page)).to_contain_text(text, timeout=RETURN_MILLISECONDS)


def press(page: Page, name: str) -> None:
    page.once("dialog", lambda dialog: dialog.accept())
    banner(page).get_by_role("button", name=name).click()


def set_aside(page: Page, server: ServerProcess, relay: Relay, words: str) -> None:
    """Type while the connection is cut, and create the document again meanwhile."""
    focus(page)
    relay.cut()
    state(page).to_have_attribute("data-state", "offline")
    page.keyboard.press("Control+End")
    write(page, words)
    expect(page.get_by_test_id("unsaved-count")).to_have_text("1")
    create_again(server)


def reload(page: Page) -> None:
    page.reload()
    page.locator(".cm-content").wait_for()


def test_discarding_in_one_tab_leaves_what_another_tab_has_set_aside(
    open_page: OpenPage, server: ServerProcess, relay: Relay
) -> None:
    one = open_page("/documents/doc", through=relay)
    other = open_page("/documents/doc", through=relay, context=one.context)
    wait_until_saved(one, other)
    relay.cut()
    for page, words in ((one, "of one"), (other, "of the other")):
        page.bring_to_front()
        focus(page)
        state(page).to_have_attribute("data-state", "offline")
        write(page, words)
    create_again(server)
    relay.mend()
    for page in (one, other):
        wait_for_banner(page, "kept on this device")
    press(one, "Discard it")
    expect(banner(other)).to_contain_text("kept on this device")
    reload(other)
    wait_for_banner(other, "kept on this device")
    press(other, "Put my text in its place")
    wait_until_saved(other)
    assert content(server, "doc") == "of the other"
    expect(banner(other)).to_be_hidden()


def test_a_decision_in_one_tab_holds_in_all(
    open_page: OpenPage, server: ServerProcess, relay: Relay
) -> None:
    page = open_page("/documents/doc", through=relay)
    wait_until_saved(page)
    set_aside(page, server, relay, "mine")
    relay.mend()
    wait_for_banner(page, "kept on this device")
    other = open_page("/documents/doc", through=relay, context=page.context)
    wait_for_banner(other, "kept on this device")
    press(other, "Discard it")
    expect(banner(page)).to_be_hidden()


@pytest.mark.parametrize("storage", ["full", "forbidden"])
def test_what_could_not_be_kept_is_said_to_be_only_here(
    open_page: OpenPage, server: ServerProcess, relay: Relay, storage: str
) -> None:
    page = open_page("/documents/doc", through=relay)
    if storage == "forbidden":
        page.context.add_init_script(FORBID)
        page.reload()
    wait_until_saved(page)
    focus(page)
    write(page, "long " * 2000)
    wait_until_saved(page)
    if storage == "full":
        page.evaluate("() => localStorage.clear()")
        page.evaluate(FILL)
    set_aside(page, server, relay, "mine")
    relay.mend()
    wait_for_banner(page, "could not be kept on this device")
    expect(banner(page)).not_to_contain_text("is kept on this device")
    state(page).to_have_attribute("data-state", "failed")
    expect(page.get_by_test_id("save-state")).to_contain_text("Not saved")
    dialogs: list[str] = []
    page.once("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.dismiss()))
    with page.expect_event("dialog"):
        page.close(run_before_unload=True)
    assert dialogs == ["beforeunload"]
    press(page, "Put my text in its place")
    wait_until_saved(page)
    assert content(server, "doc") == "long " * 2000 + "mine"
    wait_for_banner(page, "This device can't keep your changes")


def test_room_that_is_made_later_is_used(
    open_page: OpenPage, server: ServerProcess, relay: Relay
) -> None:
    page = open_page("/documents/doc", through=relay)
    wait_until_saved(page)
    focus(page)
    write(page, "long " * 2000)
    wait_until_saved(page)
    page.evaluate("() => localStorage.clear()")
    page.evaluate(FILL)
    set_aside(page, server, relay, "mine")
    relay.mend()
    wait_for_banner(page, "could not be kept on this device")
    page.evaluate(
        """() => Object.keys(localStorage).filter((key) => key.startsWith("fill"))
          .forEach((key) => localStorage.removeItem(key))"""
    )
    wait_for_banner(page, "is kept on this device")
    state(page).to_have_attribute("data-state", "saved")


@pytest.mark.parametrize("loss", ["backup", "new database", "created again"])
def test_acknowledged_text_that_the_server_has_lost_is_set_aside(
    open_page: OpenPage, server: ServerProcess, relay: Relay, loss: str
) -> None:
    page = open_page("/documents/doc", through=relay)
    focus(page)
    write(page, "before the backup, ")
    wait_until_saved(page)
    back_up(server)
    wait_until_it_is_back(page)
    write(page, "after it")
    wait_until_saved(page)
    relay.cut()
    state(page).to_have_attribute("data-state", "offline")
    if loss == "backup":
        restore(server)
    elif loss == "new database":
        server.kill()
        remove_database(server)
        server.start()
    else:
        create_again(server)
    relay.mend()
    wait_for_banner(page, "text that it had confirmed")
    expect(banner(page)).to_contain_text("kept on this device")
    left = "before the backup, " if loss == "backup" else ""
    assert content_or_nothing(server) == left
    reload(page)
    wait_for_banner(page, "text that it had confirmed")
    press(page, "Put my text in its place")
    wait_until_saved(page)
    assert content(server, "doc") == "before the backup, after it"
    expect(banner(page)).to_be_hidden()
    reload(page)
    wait_until_saved(page)
    expect(banner(page)).to_be_hidden()


def wait_until_it_is_back(page: Page) -> None:
    page.bring_to_front()
    expect(page.get_by_test_id("save-state")).to_have_attribute(
        "data-state", "saved", timeout=RETURN_MILLISECONDS
    )


def content_or_nothing(server: ServerProcess) -> str:
    return str(httpx2.get(f"{server.url}/api/documents/doc").json().get("content", ""))


def test_a_page_that_has_only_read_the_text_sets_it_aside_too(
    open_page: OpenPage, server: ServerProcess, relay: Relay
) -> None:
    author = open_page("/documents/doc")
    focus(author)
    write(author, "the last copy")
    wait_until_saved(author)
    author.close()
    reader = open_page("/documents/doc", through=relay)
    wait_for_text(reader, "the last copy")
    wait_until_saved(reader)
    relay.cut()
    state(reader).to_have_attribute("data-state", "offline")
    create_again(server)
    relay.mend()
    wait_for_banner(reader, "text that it had confirmed")


def test_a_page_that_was_behind_has_lost_nothing(
    open_page: OpenPage, server: ServerProcess, relay: Relay
) -> None:
    page = open_page("/documents/doc", through=relay)
    focus(page)
    write(page, "first, ")
    wait_until_saved(page)
    relay.cut()
    state(page).to_have_attribute("data-state", "offline")
    other = open_page("/documents/doc")
    wait_for_text(other, "first")
    focus(other)
    other.keyboard.press("Control+End")
    write(other, "second")
    wait_until_saved(other)
    relay.mend()
    page.bring_to_front()
    wait_for_text(page, "first, second")
    wait_until_saved(page)
    expect(banner(page)).to_be_hidden()


def test_several_tabs_that_held_the_same_ask_once(
    open_page: OpenPage, server: ServerProcess, relay: Relay
) -> None:
    one = open_page("/documents/doc", through=relay)
    focus(one)
    write(one, "the same")
    wait_until_saved(one)
    other = open_page("/documents/doc", through=relay, context=one.context)
    wait_for_text(other, "the same")
    wait_until_saved(other)
    relay.cut()
    for page in (one, other):
        state(page).to_have_attribute("data-state", "offline")
    create_again(server)
    relay.mend()
    for page in (one, other):
        wait_for_banner(page, "text that it had confirmed")
    assert kept(one) == 1
    press(one, "Put my text in its place")
    expect(banner(other)).to_be_hidden()
    wait_until_saved(one)
    assert content(server, "doc") == "the same"


def kept(page: Page) -> int:
    count: Any = page.evaluate(
        "() => Object.keys(localStorage).filter((key) => key.startsWith('collab-rescued:')).length"
    )
    return int(count)
