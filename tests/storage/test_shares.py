"""How a document is shared with somebody, read in one transaction."""

from __future__ import annotations

import pytest

from collab.storage import DocumentRecord, LinkRecord, Shares, Store

from .conftest import every_kind

pytestmark = every_kind


@pytest.fixture
async def link(store: Store, document: DocumentRecord) -> LinkRecord:
    link = LinkRecord("link", document.key, "viewer", "digest", 1.0, None)
    await store.grants.add_link(link, 10)
    return link


async def test_a_document_that_is_not_there_is_shared_with_nobody(store: Store) -> None:
    assert await store.grants.find_shares("nothing", "ann", None) is None


async def test_a_grant_is_found_by_its_user(store: Store, document: DocumentRecord) -> None:
    grant = await store.grants.set_grant(document.key, "ann", "editor", 10)
    assert await store.grants.find_shares("plan", "ann", None) == Shares(grant, None)
    assert await store.grants.find_shares("plan", "bob", None) == Shares(None, None)
    assert await store.grants.find_shares("plan", None, None) == Shares(None, None)


async def test_a_link_is_found_beside_the_grant(
    store: Store, document: DocumentRecord, link: LinkRecord
) -> None:
    grant = await store.grants.set_grant(document.key, "ann", "editor", 10)
    assert await store.grants.find_shares("plan", "ann", "link") == Shares(grant, link)
    assert await store.grants.find_shares("plan", None, "link") == Shares(None, link)
    assert await store.grants.find_shares("plan", None, "another") == Shares(None, None)


async def test_neither_grant_nor_link_of_one_document_shares_another(
    store: Store, document: DocumentRecord, link: LinkRecord
) -> None:
    await store.catalog.create_document("other", "text")
    await store.grants.set_grant(document.key, "ann", "editor", 10)
    assert await store.grants.find_shares("other", "ann", link.link_id) == Shares(None, None)


async def test_what_is_taken_back_shares_nothing(
    store: Store, document: DocumentRecord, link: LinkRecord
) -> None:
    await store.grants.set_grant(document.key, "ann", "editor", 10)
    await store.grants.remove_grant(document.key, "ann")
    await store.grants.remove_link(document.key, link.link_id)
    assert await store.grants.find_shares("plan", "ann", link.link_id) == Shares(None, None)
