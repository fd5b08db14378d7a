"""The frames of `collab.v1` and their codec, without I/O.

Every text frame, in both directions, is one JSON object whose `type` names it. A client sends
`Edit`, `PresenceUpdate` and `Ping`, which `decode` checks. `encode` makes the server's frames.
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

# The largest integer that JavaScript, and so every JSON parser, represents exactly.
LARGEST_INTEGER = 2**53 - 1

# The limit of nested lists and objects in `data` and in the bodies of HTTP requests.
MAXIMUM_DEPTH = 64


def shortened(checksum: int | None) -> int | None:
    """Return the bits of a 64-bit checksum that every JSON parser represents exactly, for frames;
    None for None."""
    return None if checksum is None else checksum & LARGEST_INTEGER


Count = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_INTEGER)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=LARGEST_INTEGER)]


class Cursor(msgspec.Struct, frozen=True):
    """A selection from `anchor`, where it started, to `head` (UTF-16 code units)."""

    anchor: Count
    head: Count


class Edit(msgspec.Struct, frozen=True, tag_field="type", tag="edit"):
    """One edit: `operation` is based on `version`; `id` counts 1, 2, 3 … per `client_id`."""

    id: Positive
    version: Count
    operation: Any


class PresenceUpdate(msgspec.Struct, frozen=True, tag_field="type", tag="presence"):
    """The position of the client's cursor at `version`, and other data that the client shares."""

    cursor: Cursor | None = None
    data: Any = None
    version: Count | None = None


class Ping(msgspec.Struct, frozen=True, tag_field="type", tag="ping"):
    """Requests a `pong`."""

    data: Any = None


ClientFrame = Edit | PresenceUpdate | Ping


class Identity(msgspec.Struct, frozen=True, omit_defaults=True):
    """The user of the connection; a guest also gets the secret that identifies it later."""

    user_id: str
    name: str
    color: str
    role: str
    guest_secret: str = ""


class PresentEditor(msgspec.Struct, frozen=True):
    """One client that has the document open."""

    client_id: str
    user_id: str
    name: str
    color: str
    cursor: Cursor | None


class ServerFrame(msgspec.Struct, frozen=True, tag_field="type"):
    """Base of the server's frames."""


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
    """Return the bytes in UTF-8. ASCII, which nearly every frame is, need not be encoded."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def decode(text: str, size: int, *, max_edit_bytes: int, max_presence_bytes: int) -> ClientFrame:
    """Decode a client's frame of `size` bytes, as `size_of` counts.

    Raises:
        InvalidJSON, InvalidFrame, UnknownType: the text is not a valid frame.
        TooLarge: an edit or another frame exceeds its limit (bytes of UTF-8).
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
    # An operation is checked by the document's type.
    if not isinstance(frame, Edit) and is_deeper(frame.data, MAXIMUM_DEPTH):
        # Python could decode such data, but not encode it again.
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
    """Whether a JSON value has more than `depth` levels of nested lists and objects."""
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
    """Turn msgspec's message, `Expected …, got … - at `$.field``, into an error of the protocol."""
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
    """Return the `id` of an edit frame that `decode` refused, or None if it can't be read."""
    try:
        frame = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(frame, dict) or frame.get("type") != "edit":
        return None
    number = frame.get("id")
    return number if type(number) is int and 1 <= number <= LARGEST_INTEGER else None


def encode(frame: ServerFrame) -> str:
    """Return the text of a server frame."""
    return _encoder.encode(frame).decode()


def encode_bytes(frame: msgspec.Struct) -> bytes:
    """Return a frame, or a part of one, in UTF-8."""
    return _encoder.encode(frame)


def encode_json(value: Any) -> str:
    """Return the compact JSON text of a plain JSON value."""
    return _encoder.encode(value).decode()


def error_frame(error: CollabError, answers: int | None = None) -> str:
    """Return the `error` frame of `error`; `answers` is the `id` of the refused edit, if any."""
    return encode(Error(error.code, error.message, answers))


def fingerprint(version: int, operation: Any) -> str:
    """Return 32 hex digits that identify the content of an edit as it was first sent.

    Two edits with one `client_id` and `id` are the same edit if their fingerprints are equal.
    """
    digest = hashlib.blake2b(_deterministic.encode((version, operation)), digest_size=16)
    return digest.hexdigest()
