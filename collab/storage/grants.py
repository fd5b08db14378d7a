"""Transactions on who may do what: grants to users, and links."""

from __future__ import annotations

import time

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select

from ..errors import InvalidRequest
from . import tables
from .database import Database
from .documents import find_document
from .queries import Query
from .records import GrantRecord, LinkRecord, Shares

__all__ = [
    "DatabaseGrants",
    "TooMany",
    "add_link",
    "find_grant",
    "find_link",
    "find_shares",
    "list_grants",
    "list_links",
    "remove_grant",
    "remove_link",
    "set_grant",
]

_grants = tables.grants.c
_links = tables.links.c
_GRANT = select(_grants.user_id, _grants.role, _grants.created_at)
_LINK = select(
    _links.id,
    _links.document_id,
    _links.role,
    _links.digest,
    _links.created_at,
    _links.expires_at,
)
_GRANT_OF = Query(
    _GRANT.where(_grants.document_id == bindparam("key"), _grants.user_id == bindparam("user_id"))
)
_LINK_BY_ID = Query(_LINK.where(_links.id == bindparam("link_id")))


class TooMany(Exception):
    """The document has as many as it may have; undoes the transaction."""


def set_grant(
    connection: Connection, key: int, user_id: str, role: str, maximum: int
) -> GrantRecord:
    """Give a user a role, in place of the one they had."""
    grant = GrantRecord(user_id, role, time.time())
    remove_grant(connection, key, user_id)
    _make_room(connection, tables.grants, key, maximum)
    connection.execute(
        insert(tables.grants),
        {"document_id": key, "user_id": user_id, "role": role, "created_at": grant.created_at},
    )
    return grant


def remove_grant(connection: Connection, key: int, user_id: str) -> bool:
    """Whether there was one."""
    removed = connection.execute(
        delete(tables.grants).where(_grants.document_id == key, _grants.user_id == user_id)
    )
    return bool(removed.rowcount)


def find_grant(connection: Connection, key: int, user_id: str) -> GrantRecord | None:
    row = _GRANT_OF.first(connection, key=key, user_id=user_id)
    return None if row is None else GrantRecord(*row)


def list_grants(connection: Connection, key: int) -> list[GrantRecord]:
    rows = connection.execute(_GRANT.where(_grants.document_id == key).order_by(_grants.user_id))
    return [GrantRecord(*row) for row in rows]


def add_link(connection: Connection, link: LinkRecord, maximum: int) -> None:
    _make_room(connection, tables.links, link.key, maximum)
    connection.execute(
        insert(tables.links),
        {
            "id": link.link_id,
            "document_id": link.key,
            "role": link.role,
            "digest": link.digest,
            "created_at": link.created_at,
            "expires_at": link.expires_at,
        },
    )


def remove_link(connection: Connection, key: int, link_id: str) -> bool:
    """Whether there was one."""
    removed = connection.execute(
        delete(tables.links).where(_links.document_id == key, _links.id == link_id)
    )
    return bool(removed.rowcount)


def find_link(connection: Connection, link_id: str) -> LinkRecord | None:
    row = _LINK_BY_ID.first(connection, link_id=link_id)
    return None if row is None else LinkRecord(*row)


def find_shares(
    connection: Connection, doc_id: str, user_id: str | None, link_id: str | None
) -> Shares | None:
    """The user's grant on a document, and the link if it is one to it; None without a document."""
    record = find_document(connection, doc_id)
    if record is None:
        return None
    grant = None if user_id is None else find_grant(connection, record.key, user_id)
    link = None if link_id is None else find_link(connection, link_id)
    return Shares(grant, link if link is not None and link.key == record.key else None)


def list_links(connection: Connection, key: int) -> list[LinkRecord]:
    rows = connection.execute(
        _LINK.where(_links.document_id == key).order_by(_links.created_at, _links.id)
    )
    return [LinkRecord(*row) for row in rows]


def _make_room(connection: Connection, table: Table, key: int, maximum: int) -> None:
    count = select(func.count()).select_from(table).where(table.c.document_id == key)
    if connection.execute(count).scalar_one() >= maximum:
        raise TooMany


class DatabaseGrants:
    """See `store.Grants`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def set_grant(self, key: int, user_id: str, role: str, maximum: int) -> GrantRecord:
        try:
            return await self._database.write(set_grant, key, user_id, role, maximum)
        except TooMany:
            raise InvalidRequest(
                f"the document has {maximum} grants, which is the limit: remove one first"
            ) from None

    async def remove_grant(self, key: int, user_id: str) -> bool:
        return await self._database.write(remove_grant, key, user_id)

    async def find_grant(self, key: int, user_id: str) -> GrantRecord | None:
        return await self._database.read(find_grant, key, user_id)

    async def list_grants(self, key: int) -> list[GrantRecord]:
        return await self._database.read(list_grants, key)

    async def add_link(self, link: LinkRecord, maximum: int) -> None:
        try:
            await self._database.write(add_link, link, maximum)
        except TooMany:
            raise InvalidRequest(
                f"the document has {maximum} links, which is the limit: revoke one first"
            ) from None

    async def remove_link(self, key: int, link_id: str) -> bool:
        return await self._database.write(remove_link, key, link_id)

    async def find_link(self, link_id: str) -> LinkRecord | None:
        return await self._database.read(find_link, link_id)

    async def list_links(self, key: int) -> list[LinkRecord]:
        return await self._database.read(list_links, key)

    async def find_shares(
        self, doc_id: str, user_id: str | None, link_id: str | None
    ) -> Shares | None:
        return await self._database.read(find_shares, doc_id, user_id, link_id)
