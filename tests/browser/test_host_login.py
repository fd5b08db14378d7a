"""The login of a Django site in Chromium: its own page signs in, and the editor goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ACTION_MILLISECONDS
from tests.repository.test_embedding import Host
from tests.repository.test_hosts import PASSWORDS, make_django_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Host]:
    make_django_site(tmp_path)
    host = Host("host_django", tmp_path)
    host.start()
    yield host
    host.stop()


def sign_in(page: Page, site: Host, user: str) -> None:
    """From the banner of a document by the site's own form, and back."""
    page.get_by_test_id("banner").get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{site.url}/login?next=*")
    page.locator("input[name=username]").fill(user)
    page.locator("input[name=password]").fill(PASSWORDS[user])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{site.url}/collab/documents/notes")


def test_the_site_s_own_login_leads_back_to_the_document(browser: Browser, site: Host) -> None:
    context = browser.new_context()
    context.set_default_timeout(ACTION_MILLISECONDS)
    page = context.new_page()
    page.goto(f"{site.url}/collab/documents/notes")
    expect(page.get_by_test_id("banner")).to_contain_text("You are not signed in")
    sign_in(page, site, "ben")
    page.locator(".cm-content").click()
    page.keyboard.insert_text("by Ben, ")
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
    expect(page.get_by_test_id("name")).to_have_value("ben")
    # Signed out in another tab: the connection ends, and what is written meanwhile is kept.
    cookies = {each["name"]: each["value"] for each in context.cookies()}
    context.request.post(f"{site.url}/logout", headers={"x-csrftoken": cookies["csrftoken"]})
    expect(page.get_by_test_id("banner")).to_contain_text("You are not signed in")
    page.keyboard.insert_text("signed out")
    expect(page.get_by_test_id("banner")).to_contain_text("kept on this device")
    sign_in(page, site, "ben")
    expect(page.locator(".cm-content")).to_have_text("by Ben, signed out")
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
    context.close()
