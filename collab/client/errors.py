"""What can go wrong for an editor.

    CollabError
    └── EditorError             the editor has come to its end, unless said otherwise below
        ├── JoinRefused         the server does not let it join
        ├── TakenOver           another editor uses its `client_id`
        ├── DocumentReplaced    the document is another one now, and there were unsaved changes
        ├── NotSaved            it was left before everything was acknowledged
        ├── EditRefused         one edit was refused and taken back; the editor goes on
        └── ChangesMissed       changes were read too slowly; the editor goes on
    StreamGap                   internal: the connection can't be followed, the next one can

While the server can't be reached nothing is raised: the editor goes on offline and reconnects.
"""

from __future__ import annotations

from typing import Any

from ..errors import CollabError

__all__ = [
    "ChangesMissed",
    "DocumentReplaced",
    "EditRefused",
    "EditorError",
    "JoinRefused",
    "NotSaved",
    "StreamGap",
    "TakenOver",
]


class EditorError(CollabError):
    """Base of what an editor raises."""

    code = "editor"


class JoinRefused(EditorError):
    """The server refuses this editor; the message has the server's reason."""


class TakenOver(EditorError):
    """Another editor has connected with the same `client_id`, or has used it before."""


class DocumentReplaced(EditorError):
    """What was not acknowledged can't be brought to the document that the server has now.

    Args:
        content: as the user saw it last, with the unsaved changes.
    """

    def __init__(self, problem: str, content: Any) -> None:
        super().__init__(problem)
        self.content = content


class NotSaved(EditorError):
    """The editor was left while changes were not acknowledged.

    Args:
        content: as the user saw it last, with the unsaved changes.
    """

    def __init__(self, problem: str, content: Any) -> None:
        super().__init__(problem)
        self.content = content


class EditRefused(EditorError):
    """The server refused an edit. Its change is gone from the content, later ones are kept.

    Args:
        reason: the `code` of the protocol, such as `document_full`.
        operation: what was refused, as it was sent.
    """

    def __init__(self, reason: str, message: str, operation: Any) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.operation = operation


class ChangesMissed(EditorError):
    """More changes came than may wait to be read: take `content` anew, then go on reading."""


class StreamGap(Exception):
    """The stream of versions went on in a way that can't be followed: reconnect."""
