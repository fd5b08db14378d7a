"""The log fields that identify a connection."""

from __future__ import annotations

import secrets
from collections.abc import MutableMapping
from typing import Any

__all__ = ["log_fields"]

_KEY = "collab.log"


def log_fields(
    scope: MutableMapping[str, Any], doc_id: str, client_id: str = ""
) -> dict[str, object]:
    """The `extra` of log records about a connection.

    Returns:
        `connection_id`, which is generated at the first call and kept in the scope; `doc_id`; and
        `client_id` once it is known.
    """
    fields: dict[str, object] | None = scope.get(_KEY)
    if fields is None:
        fields = scope[_KEY] = {"connection_id": secrets.token_hex(6), "doc_id": doc_id[:128]}
    if client_id:
        fields["client_id"] = client_id
    return fields
