"""An asyncio client for custom editors: `connect` returns an `Editor` of one document."""

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
