"""The errors that an editor raises.

    CollabError
    └── EditorError             the editor has ended, unless stated otherwise below
        ├── JoinRefused         the server refused the join
        ├── TakenOver           another editor uses the same `client_id`
        ├── NotSaved            the editor ended before every change was acknowledged
        │   └── DocumentReplaced    because the server has replaced the document
        ├── EditorFailed        an unexpected error ended the editor
        ├── EditRefused         one edit was refused and undone; the editor continues
        ├── ContentReplaced     the server has other content; the editor continues
        └── ChangesMissed       changes were read too slowly; the editor continues
    StreamGap                   internal: this connection can't be used further; reconnect

An unreachable server is not an error: the editor works offline and reconnects.
"""

from __future__ import annotations

from typing import Any

from ..errors import CollabError

__all__ = [
    "ChangesMissed",
    "ContentReplaced",
    "DocumentReplaced",
    "EditRefused",
    "EditorError",
    "EditorFailed",
    "JoinRefused",
    "NotSaved",
    "StreamGap",
    "TakenOver",
]


class EditorError(CollabError):
    """Base of the errors that an editor raises.

    If the error ended the editor, `content` is the last content with the unsaved changes, or None
    if the document was never joined; `unsaved` says whether there are unsaved changes.
    """

    code = "editor"

    def __init__(self, problem: str, content: Any = None, unsaved: bool = False) -> None:
        super().__init__(problem)
        self.content = content
        self.unsaved = unsaved


class JoinRefused(EditorError):
    """The server refused the join; the message contains the server's reason."""


class TakenOver(EditorError):
    """Another editor has connected, or has sent edits, with the same `client_id`."""


class NotSaved(EditorError):
    """The editor ended before every change was acknowledged."""


class DocumentReplaced(NotSaved):
    """The unacknowledged changes do not apply to the document that the server has now."""


class EditorFailed(EditorError):
    """An unexpected error, the `__cause__` of this one, ended the editor."""


class EditRefused(EditorError):
    """An edit was refused. Its change is removed from the content; later edits are kept.

    Args:
        reason: the `code` of the protocol, such as `document_full`; `invalid_operation` if the
            edit conflicts with a change of another client.
        operation: the refused operation, as it was sent or would have been sent.
    """

    def __init__(self, reason: str, message: str, operation: Any) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.operation = operation


class ContentReplaced(EditorError):
    """The server has another history, which lacks content that it had acknowledged.

    The editor continues with the server's content. `content` is the editor's former content.
    """


class ChangesMissed(EditorError):
    """The queue of changes overflowed: read `content` again, then continue reading."""


class StreamGap(Exception):
    """The stream of versions has a gap or does not fit the content: reconnect."""
