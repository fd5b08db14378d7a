"""The document types of the client, without a limit of components: the client cuts its edits."""

from __future__ import annotations

import sys

from ..ot import OWN_TYPES, JsonType, OperationType, RichTextType, TextType, get_type

__all__ = ["client_type"]

UNLIMITED: dict[str, OperationType] = {
    each.name: each
    for each in (
        TextType(sys.maxsize),
        RichTextType(sys.maxsize),
        JsonType(sys.maxsize),
    )
}


def client_type(name: str) -> OperationType:
    """Return the type of this name. A type that replaces a built-in one is returned unchanged.

    Raises:
        WrongDocType: no type has this name.
    """
    registered = get_type(name)
    return UNLIMITED[name] if registered in OWN_TYPES else registered
