"""The list of documents in Chromium, where a host decides who sees which."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ACTION_MILLISECONDS
from tests.repository.test_embedding import Host

HIDDEN = 1100
"""More than two requests to the API look through."""

SITE = f"""
import contextlib

from starlette.applications import Starlette
from starlette.routing import Mount

import collab
from collab.ot import TextType, register


class Odd(TextType):
    name = "constructor"


register(Odd())


async def authenticate(connection):
    return collab.User("ann")


async def authorize(user, doc_id):
    return None if doc_id.startswith("hidden") else "owner"


documents = collab.create_app(
    collab.Settings(database="sqlite:///notes.db"), authenticate=authenticate, authorize=authorize
)


@contextlib.asynccontextmanager
async def lifespan(app):
    async with documents.running():
        await documents.manager.create_document("seen", "constructor", "Seen")
        for number in range({HIDDEN}):
            await documents.manager.create_document(f"hidden-{{number}}", title="Secret")
        yield


app = Starlette(routes=[Mount("/collab", app=documents)], lifespan=lifespan)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    folder: Path = tmp_path_factory.mktemp("site")
    (folder / "site_of_lists.py").write_text(SITE, encoding="utf-8")
    host = Host("site_of_lists", folder)
    host.start()
    yield host
    host.stop()


@pytest.fixture
def page(browser: Browser, site: Host) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(ACTION_MILLISECONDS)
    page = context.new_page()
    page.goto(f"{site.url}/collab/")
    yield page
    context.close()


def test_documents_behind_empty_pages_are_found(page: Page) -> None:
    expect(page.get_by_test_id("document-link")).to_have_count(1)
    expect(page.locator("#empty")).to_be_hidden()
    expect(page.get_by_test_id("more")).to_be_hidden()
    page.get_by_test_id("search").fill("seen")
    expect(page.get_by_test_id("document-link")).to_have_attribute("data-doc-id", "seen")
    expect(page.get_by_test_id("documents")).to_have_attribute("aria-busy", "false")
    expect(page.locator("#empty")).to_be_hidden()


def test_nothing_is_found_where_no_page_holds_anything(page: Page) -> None:
    expect(page.get_by_test_id("document-link")).to_have_count(1)
    page.get_by_test_id("search").fill("Secret")
    expect(page.locator("#empty")).to_contain_text("Nothing found")
    expect(page.get_by_test_id("document-link")).to_have_count(0)
    expect(page.get_by_test_id("more")).to_be_hidden()


def test_a_type_of_the_host_s_own_is_called_by_its_name(page: Page) -> None:
    expect(page.locator(".document-kind")).to_have_text("constructor")
    path = page.get_by_test_id("document-link").locator("svg path")
    expect(path).to_have_attribute("d", "M5.5 3h6L15 6.5V17H5.5zM11.3 3v3.7H15M8 10h4.5M8 13h4.5")
