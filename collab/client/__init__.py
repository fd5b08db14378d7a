"""A small asyncio client for custom editors: `connect`, and an `Editor` to edit with."""

from .changes import Changes
from .credentials import Token
from .editor import Editor, connect
from .errors import (
    ChangesMissed,
    ContentReplaced,
    DocumentReplaced,
    EditorError,
    EditorFailed,
    EditRefused,
    JoinRefused,
    NotSaved,
    TakenOver,
)
from .session import Change, Replaced, Session

__all__ = [
    "Change",
    "Changes",
    "ChangesMissed",
    "ContentReplaced",
    "DocumentReplaced",
    "EditRefused",
    "Editor",
    "EditorError",
    "EditorFailed",
    "JoinRefused",
    "NotSaved",
    "Replaced",
    "Session",
    "TakenOver",
    "Token",
    "connect",
]
