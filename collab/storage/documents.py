"""The catalogue of documents: create, find, list, rename, delete."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Text,
    bindparam,
    cast,
    delete,
    false,
    func,
    insert,
    literal,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.types import UserDefinedType

from ..errors import InvalidRequest
from . import tables
from .folding import fold, search_text
from .queries import Query
from .records import DocumentRecord, ListCursor, Scope
from .tombstones import add_tombstone, forget_tombstones, remove_tombstone

__all__ = [
    "DOCUMENT_COLUMNS",
    "MAX_SEARCH",
    "NoRoom",
    "check_room",
    "create_document",
    "delete_document",
    "find_document",
    "find_epochs",
    "list_documents",
    "matching_keys",
    "read_cursor",
    "rename_document",
    "walk_documents",
]

MAX_SEARCH = 500
EPOCH_BYTES = 12

_documents = tables.documents.c
# As a `DocumentRecord` takes them.
DOCUMENT_COLUMNS = (
    _documents.id,
    _documents.doc_id,
    _documents.epoch,
    _documents.doc_type,
    _documents.title,
    _documents.version,
    _documents.created_at,
    _documents.updated_at,
    _documents.compacted_version,
    _documents.checksum,
)
_ALL: Select[Any] = select(*DOCUMENT_COLUMNS)
_NEWEST = _ALL.order_by(_documents.updated_at.desc(), _documents.id.desc())
_BY_ID = Query(_ALL.where(_documents.doc_id == bindparam("doc_id")))


class _JSON(UserDefinedType[str]):
    """The database's type of that name, its text given as it is."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "JSON"


class NoRoom(Exception):
    """There are as many documents as there may be; undoes the transaction."""


def check_room(connection: Connection, maximum: int) -> None:
    """Raise `NoRoom` if there are `maximum` documents or more."""
    # Keys count up from 1: only where one is larger than that may there be so many.
    newest = connection.execute(select(func.max(_documents.id))).scalar_one()
    if newest is None or newest < maximum:
        return
    if (
        connection.execute(select(func.count()).select_from(tables.documents)).scalar_one()
        >= maximum
    ):
        raise NoRoom


def create_document(
    connection: Connection, doc_id: str, doc_type: str, title: str
) -> DocumentRecord:
    """Its tombstone goes, if it has one.

    Raises IntegrityError if there is one of this `doc_id`.
    """
    remove_tombstone(connection, doc_id)
    now = time.time()
    epoch = secrets.token_urlsafe(EPOCH_BYTES)
    result = connection.execute(
        insert(tables.documents),
        {
            "doc_id": doc_id,
            "epoch": epoch,
            "doc_type": doc_type,
            "title": title,
            "version": 0,
            "created_at": now,
            "updated_at": now,
            "search_text": search_text(title, doc_id),
        },
    )
    assert result.inserted_primary_key is not None
    key = int(result.inserted_primary_key[0])
    return DocumentRecord(key, doc_id, epoch, doc_type, title, 0, now, now)


def find_document(connection: Connection, doc_id: str) -> DocumentRecord | None:
    row = _BY_ID.first(connection, doc_id=doc_id)
    return None if row is None else DocumentRecord(*row)


def find_epochs(connection: Connection, keys: Sequence[int]) -> dict[int, str]:
    query = select(_documents.id, _documents.epoch).where(_documents.id.in_(keys))
    return {row.id: row.epoch for row in connection.execute(query)}


def rename_document(connection: Connection, doc_id: str, title: str) -> DocumentRecord | None:
    changed = connection.execute(
        update(tables.documents)
        .where(_documents.doc_id == doc_id)
        .values(title=title, updated_at=time.time(), search_text=search_text(title, doc_id))
    )
    return find_document(connection, doc_id) if changed.rowcount else None


def delete_document(
    connection: Connection,
    doc_id: str,
    user_id: str,
    tombstone: bool,
    forget_before: float | None,
) -> DocumentRecord | None:
    """Its operations and snapshots go with it.

    Args:
        forget_before: tombstones older than that go, so that there are never many of them.
    """
    record = find_document(connection, doc_id)
    if record is not None:
        if forget_before is not None:
            forget_tombstones(connection, forget_before)
        if tombstone:
            add_tombstone(connection, record, user_id)
        connection.execute(delete(tables.documents).where(_documents.id == record.key))
    return record


def list_documents(
    connection: Connection,
    search: str,
    limit: int,
    after: ListCursor | None,
    scope: Scope | None = None,
) -> tuple[list[DocumentRecord], str | None]:
    """A page, newest first, and the cursor of the next one, None after the last."""
    if not _is_storable(search):
        return [], None
    query = _NEWEST.limit(limit + 1)
    if search:
        query = query.where(_holds(connection, search))
    if scope is not None:
        query = query.where(_in_scope(connection, scope))
    if after is not None:
        query = query.where(
            tuple_(_documents.updated_at, _documents.id) < (after.updated_at, after.key)
        )
    page = [DocumentRecord(*row) for row in connection.execute(query)]
    return page[:limit], ListCursor.of(page[limit - 1]).cursor() if len(page) > limit else None


def walk_documents(connection: Connection, after: ListCursor, maximum: int) -> list[DocumentRecord]:
    """At most so many documents from a place on, newest first, hidden ones too."""
    query = _NEWEST.where(
        tuple_(_documents.updated_at, _documents.id) < (after.updated_at, after.key)
    )
    rows = connection.execute(query.offset(after.skipped).limit(maximum))
    return [DocumentRecord(*row) for row in rows]


def matching_keys(
    connection: Connection, keys: Sequence[int], search: str, scope: Scope | None = None
) -> set[int]:
    """Those of the keys whose documents match the search and are in the scope."""
    if not _is_storable(search):
        return set()
    query = select(_documents.id).where(_documents.id.in_(keys))
    if search:
        query = query.where(_holds(connection, search))
    if scope is not None:
        query = query.where(_in_scope(connection, scope))
    return set(connection.execute(query).scalars())


def _holds(connection: Connection, search: str) -> ColumnElement[bool]:
    # Not LIKE, which has wildcards, and takes longer.
    place = func.instr if connection.dialect.name == "sqlite" else func.strpos
    return place(_documents.search_text, fold(search)) > 0


def _in_scope(connection: Connection, scope: Scope) -> ColumnElement[bool]:
    ways: list[Select[Any]] = []
    doc_ids = [doc_id for doc_id in scope.doc_ids if _is_storable(doc_id)]
    if doc_ids:
        named = tables.documents.alias("named").c
        ways.append(select(named.id).where(named.doc_id.in_(_texts(connection, doc_ids))))
    if scope.user_id is not None and _is_storable(scope.user_id):
        ways.append(
            select(tables.grants.c.document_id).where(
                tables.grants.c.user_id == scope.user_id, tables.grants.c.role.in_(scope.roles)
            )
        )
    if scope.link_key is not None:
        ways.append(select(literal(scope.link_key, Integer)))
    return _documents.id.in_(union_all(*ways)) if ways else false()


def _texts(connection: Connection, texts: Sequence[str]) -> Select[Any]:
    """A SELECT of any number of texts, which are one value to the driver."""
    given = json.dumps(texts)
    if connection.dialect.name == "sqlite":
        return select(func.json_each(given).table_valued("value").c.value)
    elements = func.json_array_elements_text(cast(literal(given, Text), _JSON()))
    return select(elements.table_valued("value").c.value)


def _is_storable(text: str) -> bool:
    """Whether a database could hold it: no title has what none can."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def read_cursor(text: str) -> ListCursor:
    """The place in the list that a cursor stands for.

    Raises:
        InvalidRequest: it was not made here.
    """
    try:
        place = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
        updated_at, key, skipped = place if len(place) == 3 else (*place, 0)
        whole = type(key) is int and type(skipped) is int
        if type(updated_at) is float and whole and 0 <= key < 2**63 and 0 <= skipped < 2**31:
            return ListCursor(updated_at, key, skipped)
    except (ValueError, TypeError, RecursionError):
        pass
    raise InvalidRequest(
        f"got after={text[:40]!r}: expected the `next` of the page before, unchanged"
    )
