"""The types as an editor uses them: without a limit of components, since it cuts what it sends."""

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
    """The type of this name; one that was registered in the place of ours as it is.

    Raises:
        WrongDocType: there is none.
    """
    registered = get_type(name)
    return UNLIMITED[name] if registered in OWN_TYPES else registered
