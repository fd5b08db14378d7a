"""How a document is shared with somebody, read in one transaction."""

from __future__ import annotations

import pytest

from collab.storage import DocumentRecord, LinkRecord, Repository, Shares


@pytest.fixture
async def link(repository: Repository, document: DocumentRecord) -> LinkRecord:
    link = LinkRecord("link", document.key, "viewer", "digest", 1.0, None)
    await repository.add_link(link, 10)
    return link


async def test_a_document_that_is_not_there_is_shared_with_nobody(repository: Repository) -> None:
    assert await repository.find_shares("nothing", "ann", None) is None


async def test_a_grant_is_found_by_its_user(
    repository: Repository, document: DocumentRecord
) -> None:
    grant = await repository.set_grant(document.key, "ann", "editor", 10)
    assert await repository.find_shares("plan", "ann", None) == Shares(grant, None)
    assert await repository.find_shares("plan", "bob", None) == Shares(None, None)
    assert await repository.find_shares("plan", None, None) == Shares(None, None)


async def test_a_link_is_found_beside_the_grant(
    repository: Repository, document: DocumentRecord, link: LinkRecord
) -> None:
    grant = await repository.set_grant(document.key, "ann", "editor", 10)
    assert await repository.find_shares("plan", "ann", "link") == Shares(grant, link)
    assert await repository.find_shares("plan", None, "link") == Shares(None, link)
    assert await repository.find_shares("plan", None, "another") == Shares(None, None)


async def test_neither_grant_nor_link_of_one_document_shares_another(
    repository: Repository, document: DocumentRecord, link: LinkRecord
) -> None:
    await repository.create_document("other", "text")
    await repository.set_grant(document.key, "ann", "editor", 10)
    assert await repository.find_shares("other", "ann", link.link_id) == Shares(None, None)


async def test_what_is_taken_back_shares_nothing(
    repository: Repository, document: DocumentRecord, link: LinkRecord
) -> None:
    await repository.set_grant(document.key, "ann", "editor", 10)
    await repository.remove_grant(document.key, "ann")
    await repository.remove_link(document.key, link.link_id)
    assert await repository.find_shares("plan", "ann", link.link_id) == Shares(None, None)
