"""All errors of the package, in one tree.

Every error that can reach a client has a stable `code`, the one in frames (see
`docs/protocol.md`), an HTTP `status` for requests and handshakes, a WebSocket `close_code` for
connections that it ends, and `retry`, which says whether the same request may succeed later.

    CollabError
    ├── FrameError              the received text is not a valid frame
    │   └── InvalidJSON · InvalidFrame · UnknownType
    ├── EditError               a well-formed edit that is refused; the document is unchanged
    │   ├── InvalidOperation · VersionAhead · VersionGone · OutOfOrder · WrongDocType
    │   └── ReadOnly · Forbidden · TooLarge · RateLimited · DocumentFull
    ├── DocumentError           the request for a document is refused
    │   ├── InvalidRequest · NoSuchDocument · DocumentDeleted · DocumentExists · DocumentBusy
    │   ├── NoSuchResource · MethodNotAllowed · Unauthorized
    │   └── AddressBusy · ServerBusy · ShuttingDown · TooSlow · RequestTimeout
    ├── StorageError            the database can't be used, temporarily or permanently
    │   ├── StorageUnavailable
    │   │   └── DatabaseInUse
    │   └── DocumentDamaged · SchemaMismatch
    ├── PeerLeft                the peer has disconnected: no answer is sent
    ├── ConfigurationError      an invalid setting; only the operator sees it
    └── Internal                a fault of the server: details are logged, never sent to a client
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
    """Base of every error of this package. `str(error)` may be shown to a client."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    close_code: ClassVar[int] = 1011
    retry: ClassVar[bool] = False
    retry_after_seconds: int = 1
    """The seconds to wait before a retry, if `retry` is true."""

    @property
    def message(self) -> str:
        return str(self)


class FrameError(CollabError):
    """The received text is not a valid frame of the protocol."""

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
    """The frame's `type` is not one of a client's frames."""

    code = "unknown_type"


class EditError(CollabError):
    """A well-formed edit is refused. The document is unchanged and the `id` can be used again."""

    code = "invalid_operation"
    status = 400
    close_code = 1008


class InvalidOperation(EditError):
    """The operation is malformed or doesn't fit the content.

    Args:
        problem: the actual and the expected value.
        component: the index of the invalid component; None means the whole operation.
        offset: the position of that component in the content (UTF-16 code units for text).
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
    """The `id` skips or repeats one, or the version is older than the client's last edit."""

    code = "out_of_order"
    status = 409


class WrongDocType(EditError):
    """The document has another type than the requested one."""

    code = "wrong_doc_type"
    status = 409


class ReadOnly(EditError):
    """This user may read the document, but not edit it."""

    code = "read_only"
    status = 403


class Forbidden(EditError):
    """This user has no permission, or the `client_id` belongs to another user."""

    code = "forbidden"
    status = 403


class TooLarge(EditError):
    """A frame, an operation or a presence exceeds its limit, which the message names."""

    code = "too_large"
    status = 413
    close_code = 1009


class RateLimited(EditError):
    """The client has exceeded a rate limit."""

    code = "rate_limited"
    status = 429
    retry = True

    def __init__(self, message: str, retry_after_seconds: int = 1) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class DocumentFull(EditError):
    """The edit would make the document exceed its size limit."""

    code = "document_full"
    status = 413


class DocumentError(CollabError):
    """The request for a document is refused."""

    code = "not_found"
    status = 404
    close_code = 1008


class InvalidRequest(DocumentError):
    """A parameter of the request is missing or malformed; the message names it."""

    code = "invalid_request"
    status = 400


class NoSuchResource(DocumentError):
    """The HTTP API has no resource at this path."""

    close_code = 4404


class MethodNotAllowed(DocumentError):
    """The path does not support this HTTP method; the message names the supported ones."""

    code = "method_not_allowed"
    status = 405


class Unauthorized(DocumentError):
    """The client is not authenticated: the token is missing or invalid."""

    code = "unauthorized"
    status = 401


class NoSuchDocument(DocumentError):
    """No document has this id, and joining doesn't create one."""

    code = "not_found"
    close_code = 4404


class DocumentDeleted(DocumentError):
    """The document was deleted while it was open."""

    code = "document_deleted"
    status = 410
    close_code = 4410


class DocumentExists(DocumentError):
    """A document with this id exists already."""

    code = "document_exists"
    status = 409


class DocumentBusy(DocumentError):
    """The document has reached its limit of connections."""

    code = "server_busy"
    status = 503
    close_code = 1013
    retry = True


class AddressBusy(DocumentError):
    """The client's network address has reached its limit of connections."""

    code = "rate_limited"
    status = 429
    close_code = 1013
    retry = True


class RequestTimeout(DocumentError):
    """The client did not send a request, or a WebSocket's handshake, in time."""

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
    """This client fell behind the history that is kept in memory; it may resume."""

    code = "too_slow"
    status = 503
    close_code = 1013
    retry = True


class PeerLeft(CollabError):
    """The peer disconnected during the handshake, so no answer can be sent."""


class StorageError(CollabError):
    """The database can't be used."""

    code = "storage_unavailable"
    status = 503
    close_code = 1013


class StorageUnavailable(StorageError):
    """The database temporarily can't be used: it is closed, read-only, full, locked or unreachable,
    or it did not answer in time.

    If the answer to a commit was lost, the data may be stored all the same. An edit that is sent
    again under its `client_id` and `id` is applied once.

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
    """The stored data of one document is corrupt; other documents are not affected."""


class SchemaMismatch(StorageError):
    """The database's schema is older or newer than this program's."""


class ConfigurationError(CollabError):
    """A setting is invalid, such as a bad URL or a port in use. The message says what to change."""

    code = "configuration"


class Internal(CollabError):
    """A fault of the server. The details are in the log."""

    code = "internal"
