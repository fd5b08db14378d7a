"""The one error tree.

Every error that can reach a client has a stable `code` (the one of the frames, see
`docs/protocol.md`), the HTTP `status` used where it answers a request or a handshake, the WebSocket
`close_code` used where it ends a connection, and `retry`, which says whether sending the same thing
again may succeed.

    CollabError
    ├── FrameError              what was received is not a frame
    │   └── InvalidJSON · InvalidFrame · UnknownType
    ├── EditError               a well-formed edit that is refused; the document is unchanged
    │   ├── InvalidOperation · VersionAhead · VersionGone · OutOfOrder · WrongDocType
    │   └── ReadOnly · Forbidden · TooLarge · RateLimited · DocumentFull
    ├── DocumentError           the document can't be had
    │   ├── InvalidRequest · NoSuchDocument · DocumentDeleted · DocumentExists · DocumentBusy
    │   ├── NoSuchResource · MethodNotAllowed · Unauthorized
    │   └── AddressBusy · ServerBusy · ShuttingDown · TooSlow · RequestTimeout
    ├── StorageError            the database can't be used, now or as it is
    │   ├── StorageUnavailable
    │   │   └── DatabaseInUse
    │   └── DocumentDamaged · SchemaMismatch
    ├── PeerLeft                the peer is gone: no answer is sent
    ├── ConfigurationError      a setting that can't work; only the operator sees it
    └── Internal                our own fault: details go to the log, never to a client
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "AddressBusy",
    "CollabError",
    "ConfigurationError",
    "DatabaseInUse",
    "DocumentBusy",
    "DocumentDamaged",
    "DocumentDeleted",
    "DocumentError",
    "DocumentExists",
    "DocumentFull",
    "EditError",
    "Forbidden",
    "FrameError",
    "Internal",
    "InvalidFrame",
    "InvalidJSON",
    "InvalidOperation",
    "InvalidRequest",
    "MethodNotAllowed",
    "NoSuchDocument",
    "NoSuchResource",
    "OutOfOrder",
    "PeerLeft",
    "RateLimited",
    "ReadOnly",
    "RequestTimeout",
    "SchemaMismatch",
    "ServerBusy",
    "ShuttingDown",
    "StorageError",
    "StorageUnavailable",
    "TooLarge",
    "TooSlow",
    "Unauthorized",
    "UnknownType",
    "VersionAhead",
    "VersionGone",
    "WrongDocType",
]


class CollabError(Exception):
    """Base of every error of this package. `str(error)` is fit to be shown to a client."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    close_code: ClassVar[int] = 1011
    retry: ClassVar[bool] = False
    retry_after_seconds: int = 1
    """Where `retry`, how long to wait before it."""

    @property
    def message(self) -> str:
        return str(self)


class FrameError(CollabError):
    """What was received is not a frame of the protocol."""

    code = "invalid_frame"
    status = 400
    close_code = 1008


class InvalidJSON(FrameError):
    """The frame is not JSON text."""

    code = "invalid_json"


class InvalidFrame(FrameError):
    """A field of the frame is missing or of the wrong type; the message names it."""

    code = "invalid_frame"


class UnknownType(FrameError):
    """The frame's `type` is not one that a client sends."""

    code = "unknown_type"


class EditError(CollabError):
    """A well-formed edit that is refused. The document is unchanged and the `id` not used up."""

    code = "invalid_operation"
    status = 400
    close_code = 1008


class InvalidOperation(EditError):
    """The operation is malformed or doesn't fit the content.

    Args:
        problem: what was got, what was expected.
        component: index of the offending component, None where the whole operation is meant.
        offset: where in the content that component begins (UTF-16 code units for text).
    """

    code = "invalid_operation"

    def __init__(
        self, problem: str, *, component: int | None = None, offset: int | None = None
    ) -> None:
        place = [] if component is None else [f"component {component}"]
        place += [] if offset is None else [f"offset {offset}"]
        super().__init__(f"{' at '.join(place)}: {problem}" if place else problem)
        self.component = component
        self.offset = offset


class VersionAhead(EditError):
    """The version is higher than the document's."""

    code = "version_ahead"
    status = 409


class VersionGone(EditError):
    """The version is too old to transform from."""

    code = "version_gone"
    status = 409


class OutOfOrder(EditError):
    """The `id` skips or is reused, or the version lies before the client's last edit."""

    code = "out_of_order"
    status = 409


class WrongDocType(EditError):
    """The document is of another type than the one asked for."""

    code = "wrong_doc_type"
    status = 409


class ReadOnly(EditError):
    """This user may read the document, not edit it."""

    code = "read_only"
    status = 403


class Forbidden(EditError):
    """Not allowed to this user, or the `client_id` belongs to another one."""

    code = "forbidden"
    status = 403


class TooLarge(EditError):
    """A frame, an operation or a presence beyond its limit, which the message names."""

    code = "too_large"
    status = 413
    close_code = 1009


class RateLimited(EditError):
    """Too much in too short a time."""

    code = "rate_limited"
    status = 429
    retry = True

    def __init__(self, message: str, retry_after_seconds: int = 1) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class DocumentFull(EditError):
    """The edit would make the document larger than its limit."""

    code = "document_full"
    status = 413


class DocumentError(CollabError):
    """The document can't be had."""

    code = "not_found"
    status = 404
    close_code = 1008


class InvalidRequest(DocumentError):
    """A parameter of the request is missing or malformed; the message names it."""

    code = "invalid_request"
    status = 400


class NoSuchResource(DocumentError):
    """There is nothing at this path of the HTTP API."""

    close_code = 4404


class MethodNotAllowed(DocumentError):
    """This HTTP method is not for this path; the message names those that are."""

    code = "method_not_allowed"
    status = 405


class Unauthorized(DocumentError):
    """Nobody whom this server knows: there is no token, or it is refused."""

    code = "unauthorized"
    status = 401


class NoSuchDocument(DocumentError):
    """There is no document of this id, and joining doesn't create one."""

    code = "not_found"
    close_code = 4404


class DocumentDeleted(DocumentError):
    """The document was deleted while it was open."""

    code = "document_deleted"
    status = 410
    close_code = 4410


class DocumentExists(DocumentError):
    """A document of this id is there already."""

    code = "document_exists"
    status = 409


class DocumentBusy(DocumentError):
    """The document has as many connections as one document may have."""

    code = "server_busy"
    status = 503
    close_code = 1013
    retry = True


class AddressBusy(DocumentError):
    """There are as many connections from this network address as there may be."""

    code = "rate_limited"
    status = 429
    close_code = 1013
    retry = True


class RequestTimeout(DocumentError):
    """A request, or a WebSocket's handshake, was not sent in time."""

    code = "request_timeout"
    status = 408
    close_code = 1013
    retry = True


class ServerBusy(DocumentError):
    """The server has reached a limit of its own, such as that of connections or open documents."""

    code = "server_busy"
    status = 503
    close_code = 1013
    retry = True


class ShuttingDown(DocumentError):
    """The server is shutting down."""

    code = "shutting_down"
    status = 503
    close_code = 1001
    retry = True


class TooSlow(DocumentError):
    """This reader fell behind the history kept in memory; it may resume."""

    code = "too_slow"
    status = 503
    close_code = 1013
    retry = True


class PeerLeft(CollabError):
    """The peer disconnected during the handshake, so that no answer can be sent."""


class StorageError(CollabError):
    """The database can't be used."""

    code = "storage_unavailable"
    status = 503
    close_code = 1013


class StorageUnavailable(StorageError):
    """The database can't be used just now: it is closed, read-only, full, locked or unreachable, or
    it did not answer in time.

    What was to be written may be stored all the same, where the answer to a commit was lost. An
    edit that is sent again under its `client_id` and `id` is applied once.

    Args:
        reason: one word for the metric `collab_store_errors`.
    """

    retry = True

    def __init__(self, message: str, reason: str = "other") -> None:
        super().__init__(message)
        self.reason = reason


class DatabaseInUse(StorageUnavailable):
    """Another server has the database open. The message names its process."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "in_use")


class DocumentDamaged(StorageError):
    """What is stored of a document is not what was stored; the others are not affected."""


class SchemaMismatch(StorageError):
    """The database's schema is older or newer than this program's."""


class ConfigurationError(CollabError):
    """A setting that can't work: a bad URL, a port in use. The message says what to change."""

    code = "configuration"


class Internal(CollabError):
    """Our own fault. The details are in the log."""

    code = "internal"
