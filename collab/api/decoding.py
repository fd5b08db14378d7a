"""The query and the body of a request, as the structs of its endpoint."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, inspect

from ..asgi.requests import ClientDisconnect, Request
from ..errors import InvalidRequest, TooLarge
from ..frames import MAXIMUM_DEPTH, encode_json, is_deeper
from ..limits.unread import LARGE_BYTES

__all__ = ["decode_body", "decode_query", "read_body"]

MAX_SHOWN = 40
"""How many characters of a value a message shows."""

CHECKED_BY_TYPE = frozenset({"operation"})
"""The fields whose value the type of the document checks, as it does that of a frame."""

_PATH = re.compile(r" - at `\$\.(\w+)")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,16}")

S = TypeVar("S", bound=Struct)


async def read_body(request: Request, max_bytes: int, hold: Callable[[], None]) -> bytes:
    """The body, which may be empty.

    Args:
        hold: called once the body is large, before more of it is read.

    Raises:
        TooLarge: more than `max_bytes`; read no further than that.
        InvalidRequest: it did not come to its end.
    """
    body = bytearray()
    is_held = False
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > max_bytes:
                raise TooLarge(f"the body is larger than {max_bytes} bytes, which is the limit")
            if len(body) > LARGE_BYTES and not is_held:
                hold()
                is_held = True
    except ClientDisconnect:
        # The client may be gone; it is no error of ours.
        raise InvalidRequest("the body ended before it was complete: send it again") from None
    return bytes(body)


def decode_body(body: bytes, model: type[S]) -> S:
    """The JSON object of the body; an empty body is an empty object.

    Raises:
        InvalidRequest: it is not a JSON object with these fields.
    """
    value = _json_object(body)
    fields = _fields(model)
    for name in value:
        if name not in fields:
            raise InvalidRequest(
                f"got the unknown field '{name[:MAX_SHOWN]}': expected {', '.join(fields)}"
            )
    return _convert(value, model, "field")


def decode_query(request: Request, model: type[S]) -> S:
    """The query parameters that `model` names.

    Raises:
        InvalidRequest: one is malformed, out of its range or missing.
    """
    found: dict[str, Any] = {}
    for name, field in _fields(model).items():
        text = request.query_params.get(name)
        if text is not None:
            found[name] = _number_of(name, text, field) if _is_number(field.type) else text
    return _convert(found, model, "parameter")


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(body) if body else {}
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"the body is not JSON ({error}): send a JSON object") from None
    if not isinstance(value, dict):
        raise InvalidRequest(f"the body is a JSON {type(value).__name__}: send a JSON object")
    checked = {name: part for name, part in value.items() if name not in CHECKED_BY_TYPE}
    if is_deeper(checked, MAXIMUM_DEPTH):
        raise InvalidRequest(f"the body is nested deeper than {MAXIMUM_DEPTH} levels: flatten it")
    return value


def _convert(found: dict[str, Any], model: type[S], kind: str) -> S:
    fields = _fields(model)
    for name, field in fields.items():
        if field.required and name not in found:
            raise InvalidRequest(
                f"{kind} '{name}' is missing: expected {_expected(field.type, kind)}"
            )
    try:
        return msgspec.convert(found, model)
    except msgspec.ValidationError as error:
        path = _PATH.search(str(error))
        if path is None or path[1] not in fields:
            raise InvalidRequest(str(error)) from None
        name = path[1]
        raise _refused(kind, name, found[name], fields[name]) from None


def _refused(kind: str, name: str, value: object, field: inspect.Field) -> InvalidRequest:
    shown = encode_json(value)[:MAX_SHOWN]
    return InvalidRequest(f"{kind} '{name}': got {shown}, expected {_expected(field.type, kind)}")


def _number_of(name: str, text: str, field: inspect.Field) -> int:
    if not _WHOLE_NUMBER.fullmatch(text):
        raise _refused("parameter", name, text, field)
    return int(text)


def _fields(model: type[Struct]) -> dict[str, inspect.Field]:
    found = inspect.type_info(model)
    assert isinstance(found, inspect.StructType)
    return {field.encode_name: field for field in found.fields}


def _is_number(wanted: inspect.Type) -> bool:
    if isinstance(wanted, inspect.Metadata):
        return _is_number(wanted.type)
    if isinstance(wanted, inspect.UnionType):
        return any(map(_is_number, wanted.types))
    return isinstance(wanted, inspect.IntType)


def _expected(wanted: inspect.Type, kind: str) -> str:
    """A type in words."""
    if isinstance(wanted, inspect.Metadata):
        return _expected(wanted.type, kind)
    if isinstance(wanted, inspect.UnionType):
        # A query can't hold null: there it stands for a parameter that is left out.
        types = [each for each in wanted.types if kind == "field" or not _is_null(each)]
        return " or ".join(_expected(each, kind) for each in types)
    if _is_null(wanted):
        return "null"
    if isinstance(wanted, inspect.LiteralType):
        return f"one of {', '.join(map(str, wanted.values))}"
    if isinstance(wanted, inspect.StrType):
        limit = wanted.max_length
        return "a text" if limit is None else f"a text of at most {limit} characters"
    if isinstance(wanted, (inspect.IntType, inspect.FloatType)):
        noun = "a whole number" if isinstance(wanted, inspect.IntType) else "a number"
        return f"{noun}{_bounds(wanted)}"
    return "another JSON value"


def _is_null(wanted: inspect.Type) -> bool:
    return isinstance(wanted, inspect.NoneType)


def _bounds(wanted: inspect.IntType | inspect.FloatType) -> str:
    bounds = [
        (" from", wanted.ge),
        (" above", wanted.gt),
        (" to", wanted.le),
        (" below", wanted.lt),
    ]
    return "".join(f"{word} {limit:,}" for word, limit in bounds if limit is not None)
