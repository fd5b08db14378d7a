"""Signing in and out in Chromium, and what a page says to whom the server lets nowhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect

from collab.auth import User, make_token
from tests.browser.conftest import OpenPage
from tests.browser.test_editor import focus, wait_for_text, wait_until_saved, write
from tests.serverprocess import ServerProcess

EXPIRY_MILLISECONDS = 30_000
# Twice the longest wait of the client before it connects again.
RETRY_MILLISECONDS = 20_000
SECRET = "a secret of at least thirty-two bytes"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with ServerProcess(
        tmp_path, auth="token", token_secret=SECRET, token_leeway_seconds=0
    ) as server:
        yield server


def token(user_id: str, *, seconds: float = 600, **documents: Any) -> str:
    user = User(user_id, user_id.title(), documents=documents or {"*": "editor"})
    return make_token(SECRET, user, lifetime_seconds=seconds)


def sign_in(page: Page, text: str) -> None:
    page.get_by_test_id("token").fill(text)
    page.get_by_test_id("sign-in").click()


def content(server: ServerProcess, doc_id: str = "notes") -> str:
    headers = {"authorization": f"Bearer {token('reader')}"}
    answer = httpx2.get(f"{server.url}/api/documents/{doc_id}", headers=headers)
    return str(answer.json().get("content"))


def wait_until_it_is_back(page: Page) -> None:
    """A page that stays visible beside another one tries again only after its random wait."""
    saved = page.get_by_test_id("save-state")
    expect(saved).to_have_attribute("data-state", "saved", timeout=RETRY_MILLISECONDS)


def end_session(page: Page, server: ServerProcess) -> None:
    """From another tab."""
    other = page.context.new_page()
    other.goto(f"{server.url}/sign-in")
    status = other.evaluate("async () => (await fetch('api/session', {method: 'DELETE'})).status")
    assert status == 204
    other.close()
    expect(banner(page)).to_contain_text("You are not signed in")


def banner(page: Page) -> Any:
    return page.get_by_test_id("banner")


def test_who_is_not_signed_in_is_led_to_the_document_by_way_of_the_sign_in(
    open_page: OpenPage, server: ServerProcess
) -> None:
    page = open_page("/documents/notes")
    expect(banner(page)).to_contain_text("You are not signed in")
    expect(page.get_by_test_id("save-state")).to_contain_text("Not signed in")
    banner(page).get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{server.url}/sign-in?next=*")
    sign_in(page, "no token")
    expect(page.get_by_test_id("notice")).to_contain_text("the token is refused")
    sign_in(page, token("ann"))
    page.wait_for_url(f"{server.url}/documents/notes")
    focus(page)
    write(page, "hello")
    wait_until_saved(page)
    expect(banner(page)).to_be_hidden()
    expect(page.get_by_test_id("name")).to_have_value("Ann")
    assert content(server) == "hello"
    [cookie] = page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("collab_token", True, "Lax")
    assert 0 < cookie["expires"] - time.time() <= 600
    assert page.evaluate("document.cookie") == ""
    assert "eyJ" not in page.evaluate("JSON.stringify({...localStorage})")


def test_who_has_no_role_is_told_so_and_not_that_they_are_offline(
    open_page: OpenPage, server: ServerProcess
) -> None:
    page = open_page("/sign-in?next=/documents/secret")
    sign_in(page, token("ann", notes="editor"))
    page.wait_for_url(f"{server.url}/documents/secret")
    expect(banner(page)).to_contain_text("You have no access to this document")
    expect(page.get_by_test_id("save-state")).to_contain_text("No access")
    expect(banner(page).get_by_role("button", name="Sign in as somebody else")).to_be_visible()


def test_an_expired_token_costs_no_edit(open_page: OpenPage, server: ServerProcess) -> None:
    page = open_page("/sign-in?next=/documents/notes")
    sign_in(page, token("ann", seconds=8))
    page.wait_for_url(f"{server.url}/documents/notes")
    focus(page)
    write(page, "before, ")
    wait_until_saved(page)
    expect(banner(page)).to_contain_text("You are not signed in", timeout=EXPIRY_MILLISECONDS)
    write(page, "meanwhile")
    expect(banner(page)).to_contain_text("not saved: kept on this device")
    assert content(server) == "before, "
    # No dialog asks whether to leave.
    banner(page).get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{server.url}/sign-in?next=*")
    sign_in(page, token("ann"))
    page.wait_for_url(f"{server.url}/documents/notes")
    wait_for_text(page, "before, meanwhile")
    wait_until_saved(page)
    assert content(server) == "before, meanwhile"


def test_signing_in_in_another_tab_is_enough(open_page: OpenPage, server: ServerProcess) -> None:
    page = open_page("/sign-in?next=/documents/notes")
    sign_in(page, token("ann"))
    page.wait_for_url(f"{server.url}/documents/notes")
    wait_until_saved(page)
    end_session(page, server)
    focus(page)
    write(page, "typed while signed out")
    other = open_page("/sign-in", context=page.context)
    sign_in(other, token("ann"))
    other.wait_for_url(f"{server.url}/")
    page.bring_to_front()
    wait_until_it_is_back(page)
    expect(banner(page)).to_be_hidden()
    assert content(server) == "typed while signed out"


def test_what_somebody_left_unsaved_is_sent_by_nobody_else(
    open_page: OpenPage, server: ServerProcess
) -> None:
    page = open_page("/sign-in?next=/documents/notes")
    sign_in(page, token("ann"))
    page.wait_for_url(f"{server.url}/documents/notes")
    wait_until_saved(page)
    end_session(page, server)
    focus(page)
    write(page, "Ann's")
    expect(banner(page)).to_contain_text("kept on this device")
    other = open_page("/sign-in?next=/documents/notes", context=page.context)
    sign_in(other, token("bob"))
    other.wait_for_url(f"{server.url}/documents/notes")
    focus(other)
    write(other, "Bob's")
    wait_until_saved(other)
    expect(banner(page)).to_contain_text("You are signed in as Bob now")
    assert content(server) == "Bob's"
    other.goto(f"{server.url}/sign-in?next=/documents/notes")
    sign_in(other, token("ann"))
    other.wait_for_url(f"{server.url}/documents/notes")
    page.bring_to_front()
    wait_until_it_is_back(page)
    wait_until_saved(other)
    assert sorted(content(server)) == sorted("Ann'sBob's")


def test_a_page_for_who_was_here_last_becomes_the_page_of_who_is_here_now(
    open_page: OpenPage, server: ServerProcess
) -> None:
    page = open_page("/sign-in?next=/documents/notes")
    sign_in(page, token("ann"))
    page.wait_for_url(f"{server.url}/documents/notes")
    wait_until_saved(page)
    end_session(page, server)
    focus(page)
    write(page, "Ann's")
    expect(banner(page)).to_contain_text("kept on this device")
    context = page.context
    page.close()

    def come_as(user_id: str) -> Page:
        """By a login of which our pages learn nothing."""
        cookie = {"name": "collab_token", "value": token(user_id), "url": server.url}
        context.add_cookies([cookie])
        return open_page("/documents/notes", context=context)

    other = come_as("bob")
    expect(other.get_by_test_id("name")).to_have_value("Bob")
    expect(other.get_by_test_id("title")).to_be_enabled()
    expect(banner(other)).to_be_hidden()
    focus(other)
    write(other, "Bob's")
    wait_until_saved(other)
    assert content(server) == "Bob's"
    other.close()
    again = come_as("ann")
    expect(again.get_by_test_id("name")).to_have_value("Ann")
    expect(again.locator(".cm-content")).to_contain_text("Ann's")
    wait_until_saved(again)
    assert sorted(content(server)) == sorted("Ann'sBob's")


def test_signing_out_ends_it(open_page: OpenPage, server: ServerProcess) -> None:
    page = open_page("/sign-in")
    sign_in(page, token("ann"))
    page.wait_for_url(f"{server.url}/")
    expect(page.get_by_test_id("account")).to_have_text("Ann")
    document = open_page("/documents/notes", context=page.context)
    wait_until_saved(document)
    page.bring_to_front()
    page.get_by_test_id("sign-out").click()
    expect(page.get_by_test_id("account")).to_have_text("")
    expect(page.get_by_test_id("sign-in")).to_contain_text("You are not signed in")
    assert page.context.cookies() == []
    expect(banner(document)).to_contain_text("You are not signed in")


@pytest.mark.parametrize(
    "next_address",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "javascript:document.title='owned'",
        "data:text/html,x",
        "blob:http://127.0.0.1/x",
        "http://127.0.0.1:1/",
    ],
)
def test_the_way_back_leads_to_this_host_only(
    open_page: OpenPage, server: ServerProcess, next_address: str
) -> None:
    page = open_page(
        f"/sign-in?next={httpx2.QueryParams({'n': next_address})}".replace("n=", "", 1)
    )
    sign_in(page, token("ann"))
    page.wait_for_url(f"{server.url}/")
    expect(page.get_by_test_id("account")).to_have_text("Ann")


def test_a_shared_link_opens_the_page_to_a_guest(
    open_page: OpenPage, server: ServerProcess
) -> None:
    headers = {"authorization": f"Bearer {token('ann', notes='owner')}"}
    with httpx2.Client(base_url=server.url, headers=headers) as http:
        assert http.post("/api/documents", json={"doc_id": "notes"}).status_code == 201
        body = {"role": "editor"}
        link = http.post("/api/documents/notes/access/links", json=body).json()
        page = open_page(f"/documents/notes?link={link['link']}")
        focus(page)
        write(page, "by a guest")
        wait_until_saved(page)
        assert content(server) == "by a guest"
        http.delete(f"/api/documents/notes/access/links/{link['link_id']}")
    expect(banner(page)).to_contain_text("You are not signed in")
