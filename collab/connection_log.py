"""What tells the records of one connection in the log from those of the others."""

from __future__ import annotations

import secrets
from collections.abc import MutableMapping
from typing import Any

__all__ = ["log_fields"]

_KEY = "collab.log"


def log_fields(
    scope: MutableMapping[str, Any], doc_id: str, client_id: str = ""
) -> dict[str, object]:
    """The `extra` of every record about a connection: `connection_id`, which is made at the first
    call and then that of this scope, `doc_id`, and `client_id` once it is known."""
    fields: dict[str, object] | None = scope.get(_KEY)
    if fields is None:
        fields = scope[_KEY] = {"connection_id": secrets.token_hex(6), "doc_id": doc_id[:128]}
    if client_id:
        fields["client_id"] = client_id
    return fields
