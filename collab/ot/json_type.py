"""JSON documents, with operations in the json0 format of ShareDB.

An operation is a list of components, applied one after the other:

    {"p": [… key], "oi": new}                 put a member into an object
    {"p": [… key], "od": old}                 delete it
    {"p": [… key], "od": old, "oi": new}      replace it; the path [] replaces the whole document
    {"p": [… index], "li": new}               insert an item before the one at the index
    {"p": [… index], "ld": old}               delete it
    {"p": [… index], "ld": old, "li": new}    replace it
    {"p": [… index], "lm": index}             move it to where it has that index afterwards
    {"p": path, "na": number}                 add to a number
    {"p": [… offset], "si": text}             insert into a string; offsets count UTF-16 units
    {"p": [… offset], "sd": text}             delete from a string
    {"p": path, "t": "text0", "o": [{"p": offset, "i" or "d": text}]}   both in one component

Apply and transform give the results of ot-json0 1.1.0; `left` is the operation that was committed
first. No two changes of a list are known, moves included, whose two orders end differently. This
type differs where the two orders of ot-json0 end differently, and where it ignores an error:

- A string edited by `si` or `sd` in one operation and by `t` in the other: ot-json0 transforms
  neither, so the two orders end differently. Here both are transformed like edits of one form.
- `od`, `ld` and `sd` must equal the present value, an index must lie within the list, `oi` without
  `od` needs a new key, `li` and `ld` need a list, `oi` and `od` an object; else the operation is
  refused. ot-json0 checks only `sd`, so its editors may diverge.
- An addition whose sum a double can't represent exactly is refused (0.1 + 0.2, or whole numbers
  beyond 2^53): rounded sums depend on the order.
- The whole document can't be deleted or become null, and the key `__proto__` is refused: browsers
  don't store it as a member.
- The normal form joins all neighbours that can be joined. ot-json0 checks only the last component,
  so its result may be joined further the next time. The effect is the same.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

from ..errors import InvalidOperation
from . import json0
from .comparing import Search
from .json0 import JsonBuffer, Misfit, Operation
from .meter import Meter
from .types import Applied, Side

__all__ = ["JsonType"]

MAXIMUM_COMPONENTS = 500
MAXIMUM_DEPTH = 64


class JsonType:
    """The type `json`.

    Args:
        max_components: the limit of components in an operation; each one of an embedded text0
            operation counts.
        max_depth: the limit of nested lists and objects, in a document and in the values that an
            operation inserts or deletes at their paths.
    """

    name = "json"
    piece_components = json0.PIECE_COMPONENTS

    def __init__(
        self,
        max_components: int = MAXIMUM_COMPONENTS,
        max_depth: int = MAXIMUM_DEPTH,
    ) -> None:
        self._max_components = max_components
        self._max_depth = max_depth

    def create(self, content: Any = None) -> Any:
        """Return the checked content of a new document: any JSON value; None makes `{}`.

        Several editors can add members to an object at the same time. null, the initial value of
        ShareDB, could only be replaced as a whole, and then one of two editors loses everything.
        """
        if content is None:
            return {}
        try:
            return json0.checked(content, self._max_depth)
        except Misfit as problem:
            raise InvalidOperation(f"content of a JSON document: {problem}") from None

    def check(self, operation: Any) -> None:
        self.normalize(operation)

    def normalize(self, operation: Any) -> Operation:
        return json0.normalize(operation, self._max_components, self._max_depth)

    def apply(self, content: Any, operation: Operation) -> Any:
        buffer = JsonBuffer(content)
        buffer.apply(operation)
        return buffer.content()

    def compose(self, first: Operation, second: Operation) -> Operation:
        return json0.compose(first, second)

    def transform(self, operation: Operation, other: Operation, side: Side) -> Operation:
        return json0.transform(operation, other, side, Meter())

    def count(self, operation: Operation) -> int:
        return json0.count(operation)

    def transform_metered(
        self, operation: Operation, others: Iterable[Applied], meter: Meter
    ) -> Operation:
        for other in others:
            if not operation:
                break
            meter.spend(1)
            operation = json0.transform(operation, other.operation, "right", meter)
        return operation

    def split(self, operation: Operation, max_bytes: int) -> list[Operation]:
        return json0.split(operation, max_bytes)

    def invert(self, operation: Operation, content: Any) -> Operation:
        """Return the inverse; `InvalidOperation` if a deleted value in the operation is wrong."""
        JsonBuffer(content).apply(operation)
        inverse: Operation = []
        meter = Meter()
        for component in reversed(operation):
            json0.append(inverse, json0.inverse(component), meter)
        return inverse

    def difference(self, before: Any, after: Any) -> Operation:
        return json0.difference(before, after, self._max_components)

    def compare(self, before: Any, after: Any, meter: Meter) -> Search[Operation]:
        return json0.compare(before, after, self._max_components, meter)

    def transform_cursor(self, offset: int, operation: Operation, own: bool) -> int:
        """Return the same offset: a cursor in a JSON document is not a number."""
        return offset

    def buffer(self, content: Any) -> JsonBuffer:
        return JsonBuffer(content)

    def filling(self, content: Any) -> Generator[None, None, JsonBuffer]:
        return JsonBuffer.filling(content)
