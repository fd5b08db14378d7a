"""What a client asks for when it connects: the query parameters of the handshake, checked."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..auth import check_guest_secret
from ..errors import InvalidRequest

__all__ = [
    "DOC_ID_PATTERN",
    "SUBPROTOCOL",
    "JoinRequest",
    "check_client_id",
    "check_doc_id",
    "new_client_id",
    "new_guest_secret",
]

SUBPROTOCOL = "collab.v1"

DOC_ID_PATTERN = "[A-Za-z0-9._~-]{1,128}"
"""`.` and `..` are none, although they match."""

_DOC_ID = re.compile(DOC_ID_PATTERN)
_CLIENT_ID = re.compile(r"[A-Za-z0-9._~-]{1,64}")


def new_guest_secret() -> str:
    """A secret of 24 random bytes, for a guest who has none yet."""
    return secrets.token_urlsafe(24)


def check_doc_id(doc_id: str) -> str:
    """The same id; `InvalidRequest` unless it is 1 to 128 of `A-Z a-z 0-9 . _ ~ -`, and not `.` or
    `..`, which a browser takes out of a URL."""
    if not _DOC_ID.fullmatch(doc_id):
        raise InvalidRequest(
            f"got the document id {doc_id[:40]!r}: expected 1 to 128 of A-Z a-z 0-9 . _ ~ -"
        )
    if doc_id in (".", ".."):
        raise InvalidRequest(
            f"got the document id '{doc_id}', which no URL can hold: choose another one"
        )
    return doc_id


def check_client_id(client_id: str) -> str:
    """The same id; `InvalidRequest` unless it is 1 to 64 of `A-Z a-z 0-9 . _ ~ -`."""
    if not _CLIENT_ID.fullmatch(client_id):
        raise InvalidRequest(
            f"got client_id {client_id[:40]!r}: expected 1 to 64 of A-Z a-z 0-9 . _ ~ -"
        )
    return client_id


def new_client_id() -> str:
    """A random id, for a client that gives none."""
    return secrets.token_hex(8)


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """How to join.

    `guest_secret` is what a guest is known by; where the client gives none, it is a new one.
    `version` and `epoch` are None unless the client resumes; `checksum` is that of the version, as
    the client was told it, None if it names none. `inflight` is the id of the edit that the client
    sends again, None if it names none. `doc_type` is None where it doesn't matter, else the type it
    must have.
    """

    client_id: str
    version: int | None = None
    epoch: str | None = None
    doc_type: str | None = None
    checksum: int | None = None
    inflight: int | None = None
    guest_secret: str = field(default_factory=new_guest_secret, compare=False, repr=False)

    @classmethod
    def of_query(cls, query: Mapping[str, str]) -> JoinRequest:
        """Raises `InvalidRequest` naming the parameter that is malformed."""
        return cls(
            check_client_id(query.get("client_id") or new_client_id()),
            _number(query, "version"),
            query.get("epoch"),
            query.get("doc_type"),
            _number(query, "checksum"),
            _number(query, "inflight"),
            check_guest_secret(query.get("guest_secret") or new_guest_secret()),
        )


def _number(query: Mapping[str, str], name: str) -> int | None:
    value = query.get(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal()):
        raise InvalidRequest(f"got {name} {value[:40]!r}: expected a whole number from 0")
    return int(value[:16])
