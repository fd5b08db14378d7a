"""Operational transformation: document types and the functions on their operations."""

from .json_type import JsonType
from .meter import Meter, TooMuchWork
from .plain_buffer import PlainBuffer
from .registry import get_type, register, types
from .richtext import RichTextType
from .text import TextType
from .types import Buffer, Comparing, Measured, Metered, MeteredBuffer, OperationType, Side

__all__ = [
    "OWN_TYPES",
    "Buffer",
    "Comparing",
    "JsonType",
    "Measured",
    "Meter",
    "Metered",
    "MeteredBuffer",
    "OperationType",
    "PlainBuffer",
    "RichTextType",
    "Side",
    "TextType",
    "TooMuchWork",
    "get_type",
    "register",
    "types",
]

OWN_TYPES: tuple[OperationType, ...] = (TextType(), RichTextType(), JsonType())
"""The built-in types, with their default limits."""

for _own in OWN_TYPES:
    register(_own)
