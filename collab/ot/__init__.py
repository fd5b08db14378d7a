"""Operational transformation: the types of documents and the functions on their operations."""

from .json_type import JsonType
from .plain_buffer import PlainBuffer
from .registry import get_type, register, types
from .richtext import RichTextType
from .text import TextType
from .types import Buffer, OperationType, Side

__all__ = [
    "Buffer",
    "JsonType",
    "OperationType",
    "PlainBuffer",
    "RichTextType",
    "Side",
    "TextType",
    "get_type",
    "register",
    "types",
]

register(TextType())
register(RichTextType())
register(JsonType())
