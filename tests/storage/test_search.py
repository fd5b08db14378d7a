"""What a search finds: titles and ids however they are written."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from collab.storage import Database, Store
from collab.storage.folding import fold
from collab.storage.tables import documents

FOUND = [
    ("ΟΔΟΣ", "ΟΔΟΣΗΜΑ"),
    ("οδος", "ΟΔΟΣ"),
    ("οδοσ", "οδος"),
    ("STRASSE", "Straße"),
    ("straße", "STRASSE"),
    ("STRAẞE", "Strasse"),
    ("café", "Cafe\u0301 Central"),
    ("CAFE\u0301", "Café"),
    ("ệ", "E\u0302\u0323"),
    ("각", unicodedata.normalize("NFD", "각")),
    ("가", "각"),
    ("istanbul", "İSTANBUL"),
    ("İstanbul", "istanbul"),
    ("\u0131sparta", "ISPARTA"),
    ("office", "O\ufb03ce"),
    ("full 1", "\uff26\uff55\uff4c\uff4c\u3000\uff11"),
    ("ｶﾞ", "ガ"),
    ("\u1fb3", "\u0391\u0399"),
    ("mi\u200cravam", "miravam"),
    ("می\u200cروم", "میروم"),
    ("co\u00adop", "Coop"),
    ("❤", "❤\ufe0f"),
    ("a b", "a\u00a0b"),
    ("Ǆ", "ǆ"),
    ("50%", "50% off"),
    ("a_b", "a_b"),
    ("a\\b", "a\\b"),
    ("a/b", "a/b"),
    ("🙂", "x🙂y"),
]
NOT_FOUND = [
    ("50%", "500"),
    ("a_b", "axb"),
    ("é", "e"),
    ("\0", "x"),
    ("\ud800", "x"),
    ("title\nid", "title"),
    ("title id", "title"),
]


@pytest.mark.parametrize(("search", "title"), FOUND)
async def test_a_title_is_found_however_it_is_written(
    store: Store, search: str, title: str
) -> None:
    await store.catalog.create_document("id", "text", "before")
    await store.catalog.create_document("other", "text", "unlike")
    await store.catalog.rename_document("id", title)
    await store.catalog.create_document("second", "text", title)
    found, following = await store.catalog.list_documents(search)
    assert {each.doc_id for each in found} == {"id", "second"}
    assert following is None
    assert (await store.catalog.list_documents("before"))[0] == []


@pytest.mark.parametrize(("search", "title"), NOT_FOUND)
async def test_what_is_not_in_a_title_is_not_found(store: Store, search: str, title: str) -> None:
    await store.catalog.create_document("id", "text", title)
    assert await store.catalog.list_documents(search) == ([], None)


@given(st.text(), st.text())
def test_parts_of_a_text_are_found_in_any_form(one: str, two: str) -> None:
    folded = fold(one)
    assert fold(folded) == folded
    assert "\n" not in folded
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert fold(unicodedata.normalize(form, one)) == folded


async def test_an_older_database_is_filled_in_batches(
    database: Database, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from collab.storage import schema

    script = schema._scripts().get_revision("0005")
    assert script is not None
    monkeypatch.setattr(script.module, "BATCH_DOCUMENTS", 2)
    for number in range(5):
        await store.catalog.create_document(f"Doc{number}", "text", "Straße")
    await database.write(lambda each: each.execute(update(documents).values(search_text="")))
    assert await store.catalog.list_documents("strasse") == ([], None)
    await database.write(script.module.fill)
    assert len((await store.catalog.list_documents("STRASSE"))[0]) == 5
    assert len((await store.catalog.list_documents("doc3"))[0]) == 1
