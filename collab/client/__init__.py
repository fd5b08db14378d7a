"""A small asyncio client for custom editors: `connect`, and an `Editor` to edit with."""

from .changes import Changes
from .editor import Editor, connect
from .errors import (
    ChangesMissed,
    DocumentReplaced,
    EditorError,
    EditRefused,
    JoinRefused,
    NotSaved,
    TakenOver,
)
from .session import Change, Session

__all__ = [
    "Change",
    "Changes",
    "ChangesMissed",
    "DocumentReplaced",
    "EditRefused",
    "Editor",
    "EditorError",
    "JoinRefused",
    "NotSaved",
    "Session",
    "TakenOver",
    "connect",
]
