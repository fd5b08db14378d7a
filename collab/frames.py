"""The frames of `collab.v1` and their codec: pure, no I/O.

Every text frame, both ways, is one JSON object whose `type` names it. What a client sends is one of
`Edit`, `PresenceUpdate` and `Ping`; `decode` checks it. What the server sends is made by `encode`.
"""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Any

import msgspec

from .errors import CollabError, InvalidFrame, InvalidJSON, TooLarge, UnknownType

__all__ = [
    "Ack",
    "ClientFrame",
    "Cursor",
    "DocumentChange",
    "DocumentDeleted",
    "DocumentResumed",
    "DocumentState",
    "Edit",
    "Error",
    "Identity",
    "Ping",
    "Pong",
    "PresenceChange",
    "PresenceUpdate",
    "PresentEditor",
    "ServerShutdown",
    "UserJoined",
    "UserLeft",
    "decode",
    "edit_id",
    "encode",
    "encode_bytes",
    "encode_json",
    "error_frame",
    "fingerprint",
    "shortened",
]

# The largest integer that JavaScript, and so every JSON reader, holds exactly.
LARGEST_INTEGER = 2**53 - 1

# How many lists and objects may lie in one another, in `data` and in what HTTP is sent.
MAXIMUM_DEPTH = 64


def shortened(checksum: int | None) -> int | None:
    """What editors are told of a checksum of 64 bits: those that every JSON reader holds exactly.
    None of none."""
    return None if checksum is None else checksum & LARGEST_INTEGER


Count = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_INTEGER)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=LARGEST_INTEGER)]


class Cursor(msgspec.Struct, frozen=True):
    """A selection: it was begun at `anchor` and ends at `head` (UTF-16 code units)."""

    anchor: Count
    head: Count


class Edit(msgspec.Struct, frozen=True, tag_field="type", tag="edit"):
    """One edit: `operation` was made on `version`; `id` counts 1, 2, 3 … per `client_id`."""

    id: Positive
    version: Count
    operation: Any


class PresenceUpdate(msgspec.Struct, frozen=True, tag_field="type", tag="presence"):
    """Where this editor's cursor is at `version`, and what else it says of itself."""

    cursor: Cursor | None = None
    data: Any = None
    version: Count | None = None


class Ping(msgspec.Struct, frozen=True, tag_field="type", tag="ping"):
    """Asks for a `pong`."""

    data: Any = None


ClientFrame = Edit | PresenceUpdate | Ping


class Identity(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who the server takes this editor's user to be; a guest gets the secret that proves it."""

    user_id: str
    name: str
    color: str
    role: str
    guest_secret: str = ""


class PresentEditor(msgspec.Struct, frozen=True):
    """One editor that is present."""

    client_id: str
    user_id: str
    name: str
    color: str
    cursor: Cursor | None


class ServerFrame(msgspec.Struct, frozen=True, tag_field="type"):
    """Base of what the server sends."""


class DocumentState(ServerFrame, frozen=True, tag="document_state", omit_defaults=True):
    doc_id: str
    epoch: str
    doc_type: str
    content: msgspec.Raw
    version: int
    client_id: str
    user: Identity
    users: msgspec.Raw
    last_id: int
    checksum: int | None = None
    diverged: bool = False


class DocumentResumed(ServerFrame, frozen=True, tag="document_resumed", omit_defaults=True):
    doc_id: str
    epoch: str
    doc_type: str
    version: int
    client_id: str
    user: Identity
    users: msgspec.Raw
    last_id: int
    checksum: int | None = None


class Ack(ServerFrame, frozen=True, tag="ack", omit_defaults=True):
    id: int
    version: int
    checksum: int | None = None


class DocumentChange(ServerFrame, frozen=True, tag="document_change", omit_defaults=True):
    operation: msgspec.Raw
    user_id: str
    client_id: str
    version: int
    checksum: int | None = None


class PresenceChange(ServerFrame, frozen=True, tag="presence"):
    client_id: str
    user_id: str
    cursor: Cursor | None
    data: Any
    version: int


class UserJoined(ServerFrame, frozen=True, tag="user_joined"):
    client_id: str
    user_id: str
    name: str
    color: str
    count: int


class UserLeft(ServerFrame, frozen=True, tag="user_left"):
    client_id: str
    user_id: str
    name: str
    color: str
    count: int


class Pong(ServerFrame, frozen=True, tag="pong"):
    timestamp: float
    data: Any = None


class Error(ServerFrame, frozen=True, tag="error", omit_defaults=True):
    code: str
    message: str
    id: int | None = None


class ServerShutdown(ServerFrame, frozen=True, tag="server_shutdown"):
    message: str
    retry_after: float


class DocumentDeleted(ServerFrame, frozen=True, tag="document_deleted"):
    user_id: str


_decoder: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
_encoder = msgspec.json.Encoder()
_deterministic = msgspec.json.Encoder(order="sorted")


def size_of(text: str) -> int:
    """Its bytes of UTF-8; of ASCII, which nearly every frame is, they need not be counted."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def decode(text: str, size: int, *, max_edit_bytes: int, max_presence_bytes: int) -> ClientFrame:
    """The frame that `text` is, of this `size_of`.

    Raises:
        InvalidJSON, InvalidFrame, UnknownType: it is none.
        TooLarge: an edit or another frame beyond its limit (bytes of UTF-8).
    """
    if size > max_edit_bytes:
        raise TooLarge(
            f"got an edit of {size} bytes, the limit is {max_edit_bytes}: "
            "send it as several smaller edits"
        )
    try:
        frame = _decoder.decode(text)
    except msgspec.ValidationError as error:
        raise _invalid_frame(str(error)) from None
    except (msgspec.DecodeError, UnicodeError) as error:
        raise InvalidJSON(
            f"the frame is not JSON text ({error}): send one JSON object per text frame"
        ) from None
    except RecursionError:
        raise InvalidJSON("the frame is nested too deep: flatten it") from None
    if size > max_presence_bytes and not isinstance(frame, Edit):
        raise TooLarge(
            f"got a {type(frame).__struct_config__.tag} of {size} bytes, "
            f"the limit is {max_presence_bytes}: send less data"
        )
    # An operation is checked by the type of its document.
    if not isinstance(frame, Edit) and is_deeper(frame.data, MAXIMUM_DEPTH):
        # Python could read it and then not write it again.
        raise InvalidFrame(
            f"field 'data' is nested deeper than {MAXIMUM_DEPTH} levels, which is the limit: "
            "flatten it"
        )
    if isinstance(frame, PresenceUpdate) and frame.cursor is not None and frame.version is None:
        raise InvalidFrame(
            "presence: field 'version' is missing: "
            "a cursor means nothing without the version it was set on"
        )
    return frame


def is_deeper(value: Any, depth: int) -> bool:
    """Whether more than `depth` lists and objects of a JSON value lie in one another."""
    level = [value]
    for _ in range(depth):
        level = [
            item
            for each in level
            if isinstance(each, list | dict)
            for item in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return any(isinstance(each, list | dict) for each in level)


def _invalid_frame(problem: str) -> CollabError:
    """msgspec says what is wrong and where: `Expected …, got … - at `$.field``."""
    what, _, path = problem.partition(" - at `$")
    field = path.rstrip("`").lstrip(".")
    missing = re.fullmatch(r"Object missing required field `(\w+)`", what)
    if missing:
        field = f"{field}.{missing[1]}" if field else missing[1]
        what = "missing"
    if field == "type":
        return UnknownType(f"field 'type': {what}: expected one of 'edit', 'presence', 'ping'")
    if not field and what.startswith("Expected `object`"):
        return InvalidFrame(f"the frame: {what}: send one JSON object per text frame")
    return InvalidFrame(f"field '{field}': {what}" if field else what)


def edit_id(text: str) -> int | None:
    """The `id` of an edit frame that `decode` refused, where it can be made out."""
    try:
        frame = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(frame, dict) or frame.get("type") != "edit":
        return None
    number = frame.get("id")
    return number if type(number) is int and 1 <= number <= LARGEST_INTEGER else None


def encode(frame: ServerFrame) -> str:
    """The text of a server frame."""
    return _encoder.encode(frame).decode()


def encode_bytes(frame: msgspec.Struct) -> bytes:
    """The same, or a part of a frame, in UTF-8."""
    return _encoder.encode(frame)


def encode_json(value: Any) -> str:
    """Compact JSON text of a plain JSON value."""
    return _encoder.encode(value).decode()


def error_frame(error: CollabError, answers: int | None = None) -> str:
    """The `error` frame for `error`; `answers` is the `id` of the edit it refuses, if any."""
    return encode(Error(error.code, error.message, answers))


def fingerprint(version: int, operation: Any) -> str:
    """Names an edit as it was first sent: 32 hex digits.

    Two edits of one `client_id` and `id` are the same edit if their fingerprints agree.
    """
    digest = hashlib.blake2b(_deterministic.encode((version, operation)), digest_size=16)
    return digest.hexdigest()
