"""What the HTTP API takes and answers: a struct for each JSON object and each query."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from ..auth import Role, User
from ..storage import DocumentRecord, GrantRecord, LinkRecord, OperationRecord

__all__ = [
    "Accepted",
    "AccessList",
    "ContentQuery",
    "Document",
    "DocumentPage",
    "DocumentQuery",
    "DocumentWithContent",
    "EditRequest",
    "Error",
    "Grant",
    "Identity",
    "Link",
    "NewDocument",
    "NewGrant",
    "NewLink",
    "NewTitle",
    "OpenAPI",
    "Operation",
    "OperationPage",
    "OperationQuery",
    "Restore",
    "Restored",
    "SecretLink",
    "Session",
    "SessionQuery",
    "SignIn",
    "SignedIn",
    "Status",
    "UserQuery",
    "timestamp",
]

PAGE_DEFAULT = 50
OPERATIONS_DEFAULT = 100
MAX_PAGE = 1000
MAX_LIFETIME_SECONDS = 10 * 365 * 86400

Version = Annotated[int, Meta(ge=0, le=2**53 - 1)]
EditId = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Limit = Annotated[int, Meta(ge=1, le=MAX_PAGE)]
Timestamp = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class RequestBody(Struct, forbid_unknown_fields=True, frozen=True):
    """A JSON object that a client sends."""


# -- documents ------------------------------------------------------------------------------------


class NewDocument(RequestBody, frozen=True):
    """A document to be created."""

    doc_id: Annotated[str, Meta(description="A random one if it is empty.")] = ""
    doc_type: Annotated[str, Meta(description="`text`, `richtext`, `json` or another.")] = "text"
    title: Annotated[str, Meta(description="At most 200 characters, on one line.")] = ""


class NewTitle(RequestBody, frozen=True):
    """The title that a document is to have."""

    title: str


class Restore(RequestBody, frozen=True):
    """The version whose content is wanted back."""

    version: Version


class DocumentQuery(Struct, frozen=True):
    """Which documents: those whose title or id has the text `search`, `limit` at most, after the
    page whose `next` this is."""

    search: str = ""
    limit: Limit = PAGE_DEFAULT
    after: str | None = None


class ContentQuery(Struct, frozen=True):
    """Which version; the newest if left out."""

    version: Version | None = None


class OperationQuery(Struct, frozen=True):
    """The operations of versions above `after`, `limit` at most."""

    after: Version = 0
    limit: Limit = OPERATIONS_DEFAULT


class Document(Struct, frozen=True):
    """A document, without its content."""

    doc_id: str
    doc_type: str
    title: str
    version: Version
    created_at: Timestamp
    updated_at: Timestamp

    @classmethod
    def of(cls, record: DocumentRecord, version: int | None = None) -> Document:
        """As it is, or at a version."""
        return cls(
            record.doc_id,
            record.doc_type,
            record.title,
            record.version if version is None else version,
            timestamp(record.created_at),
            timestamp(record.updated_at),
        )


class DocumentWithContent(Document, frozen=True):
    """A document at a version, whose content is the JSON value of its type."""

    content: Any


class DocumentPage(Struct, frozen=True):
    """Documents, the last changed first, and the `after` of the next page, if there is one."""

    documents: list[Document]
    next: str | None


class Operation(Struct, frozen=True):
    """An operation that was committed, and the edit that it was: `id` of `client_id`."""

    version: Version
    operation: Any
    client_id: str
    id: int
    user_id: str
    created_at: Timestamp

    @classmethod
    def of(cls, record: OperationRecord) -> Operation:
        return cls(
            record.version,
            msgspec.Raw(record.operation.encode()),
            record.client_id,
            record.client_edit_id,
            record.user_id,
            timestamp(record.created_at),
        )


class EditRequest(RequestBody, frozen=True):
    """An operation that was made on a version, and the identity of the edit.

    With both `client_id` and `id` the edit is applied once, however often it is sent. `id` counts
    1, 2, 3 … for each `client_id`. Without them the edit gets an identity of its own.
    """

    version: Version
    operation: Any
    client_id: str | None = None
    id: EditId | None = None


class Accepted(Struct, frozen=True):
    """An edit that is committed."""

    client_id: str
    id: int
    version: Annotated[Version, Meta(description="The version that it made.")]
    operation: Annotated[
        Any, Meta(description="As it was applied; null where it is no longer kept.")
    ]
    resent: Annotated[bool, Meta(description="Whether it was accepted before.")]

    @classmethod
    def of(cls, record: OperationRecord, resent: bool) -> Accepted:
        operation = msgspec.Raw(record.operation.encode())
        return cls(record.client_id, record.client_edit_id, record.version, operation, resent)


class OperationPage(Struct, frozen=True):
    """Operations in the order of their versions."""

    operations: list[Operation]


class Restored(Struct, frozen=True):
    """The version that a restored content has now."""

    doc_id: str
    version: Version


# -- access ---------------------------------------------------------------------------------------


class NewGrant(RequestBody, frozen=True):
    """The role that a user is to have."""

    role: Role


class NewLink(RequestBody, frozen=True):
    """A link to be made; it never expires where `lifetime_seconds` is null."""

    role: Role
    lifetime_seconds: Annotated[float, Meta(gt=0, le=MAX_LIFETIME_SECONDS)] | None = None


class Grant(Struct, frozen=True):
    """The role of a user on a document."""

    user_id: str
    role: str
    created_at: Timestamp

    @classmethod
    def of(cls, record: GrantRecord) -> Grant:
        return cls(record.user_id, record.role, timestamp(record.created_at))


class Link(Struct, frozen=True):
    """A link, without its secret."""

    link_id: str
    role: str
    created_at: Timestamp
    expires_at: Timestamp | None

    @classmethod
    def of(cls, record: LinkRecord) -> Link:
        expires_at = None if record.expires_at is None else timestamp(record.expires_at)
        return cls(record.link_id, record.role, timestamp(record.created_at), expires_at)


class SecretLink(Link, frozen=True):
    """A new link. `link` is the query parameter that admits a guest. No later answer has it."""

    link: str


class AccessList(Struct, frozen=True):
    """Who may do what on a document."""

    users: list[Grant]
    links: list[Link]


# -- session --------------------------------------------------------------------------------------


class SessionQuery(Struct, frozen=True):
    """The document whose role is asked for, if one is."""

    doc_id: str | None = None


class SignIn(RequestBody, frozen=True):
    """The token that is to become a cookie."""

    token: str


class Identity(Struct, frozen=True):
    """A user who is signed in."""

    user_id: str
    name: str

    @classmethod
    def of(cls, user: User | None) -> Identity | None:
        """None for a guest of a link."""
        return Identity(user.user_id, user.name) if user is not None and user.signed_in else None


class SignedIn(Struct, frozen=True):
    """Who has signed in."""

    user: Identity | None


class Session(Struct, frozen=True):
    """The authenticated user; null without one, and in open mode."""

    mode: Literal["open", "token", "host"]
    user: Identity | None
    role: Annotated[Role | None, Meta(description="On the document of the query, if there is one.")]
    login_url: Annotated[
        str | None, Meta(description="Relative to the application; null if it has none.")
    ]
    can_sign_out: Annotated[bool, Meta(description="Whether a cookie says who it is.")]


# -- all ------------------------------------------------------------------------------------------


class UserQuery(Struct, frozen=True):
    """The user, where the path does not name one."""

    user_id: str | None = None


class Error(Struct, frozen=True):
    """Why a request was refused: a stable code for programs, and a message for people."""

    code: str
    message: str


class OpenAPI(Struct, frozen=True):
    """A description of this API."""

    openapi: str
    info: dict[str, Any]
    servers: list[dict[str, Any]]
    paths: dict[str, Any]
    components: dict[str, Any]


class Status(Struct, frozen=True):
    """All is well."""

    status: Literal["ok"] = "ok"


def timestamp(seconds: float) -> str:
    """Seconds since the epoch as ISO 8601 in UTC, to the millisecond."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
