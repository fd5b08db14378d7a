"""What can go wrong for an editor.

    CollabError
    └── EditorError             the editor has come to its end, unless said otherwise below
        ├── JoinRefused         the server does not let it join
        ├── TakenOver           another editor uses its `client_id`
        ├── NotSaved            it has come to its end before everything was acknowledged
        │   └── DocumentReplaced    since the document is another one now
        ├── EditorFailed        something went wrong that the editor has no answer to
        ├── EditRefused         one edit was refused and taken back; the editor goes on
        ├── ContentReplaced     the server came back with other content; the editor goes on
        └── ChangesMissed       changes were read too slowly; the editor goes on
    StreamGap                   internal: the connection can't be followed, the next one can

While the server can't be reached nothing is raised: the editor goes on offline and reconnects.
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
    """Base of what an editor raises.

    Of an error that ends the editor, `content` is the content as the user saw it last, with the
    unsaved changes, None if the document was never joined; `unsaved` says whether there are any.
    """

    code = "editor"

    def __init__(self, problem: str, content: Any = None, unsaved: bool = False) -> None:
        super().__init__(problem)
        self.content = content
        self.unsaved = unsaved


class JoinRefused(EditorError):
    """The server refuses this editor; the message has the server's reason."""


class TakenOver(EditorError):
    """Another editor has connected with the same `client_id`, or has used it before."""


class NotSaved(EditorError):
    """The editor has come to its end while changes were not acknowledged."""


class DocumentReplaced(NotSaved):
    """What was not acknowledged can't be brought to the document that the server has now."""


class EditorFailed(EditorError):
    """The editor has met an error that it has no answer to, which is the cause of this one."""


class EditRefused(EditorError):
    """An edit was refused. Its change is gone from the content, later ones are kept.

    Args:
        reason: the `code` of the protocol, such as `document_full`; `invalid_operation` if it does
            not fit what others have changed meanwhile.
        operation: what was refused, as it was sent, or as it would have been.
    """

    def __init__(self, reason: str, message: str, operation: Any) -> None:
        super().__init__(f"{reason}: {message}")
        self.reason = reason
        self.operation = operation


class ContentReplaced(EditorError):
    """The server came back with another history, and content that it had acknowledged is gone.

    The editor goes on with the server's content. `content` is what it had before.
    """


class ChangesMissed(EditorError):
    """More changes came than may wait to be read: take `content` again, then go on reading."""


class StreamGap(Exception):
    """The stream of versions went on in a way that can't be followed: reconnect."""
