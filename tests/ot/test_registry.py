"""Types by name, and a type that somebody else wrote."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from collab.errors import InvalidOperation, WrongDocType
from collab.ot import (
    OperationType,
    PlainBuffer,
    Side,
    TextType,
    get_type,
    register,
    registry,
    types,
)


class CounterType:
    """A third party's type: a whole number, and operations that add to it."""

    name = "counter"

    def create(self, content: Any = None) -> int:
        if content is not None and type(content) is not int:
            raise InvalidOperation("content of a counter is a whole number")
        return content or 0

    def check(self, operation: Any) -> None:
        self.normalize(operation)

    def normalize(self, operation: Any) -> int:
        if type(operation) is not int:
            raise InvalidOperation("expected a whole number")
        return operation

    def apply(self, content: int, operation: int) -> int:
        if content + operation < 0:
            raise InvalidOperation("a counter is never negative")
        return content + operation

    def compose(self, first: int, second: int) -> int:
        return first + second

    def transform(self, operation: int, other: int, side: Side) -> int:
        return operation

    def invert(self, operation: int, content: int) -> int:
        return -operation

    def difference(self, before: int, after: int) -> int:
        return after - before

    def transform_cursor(self, offset: int, operation: int, own: bool) -> int:
        return offset

    def buffer(self, content: int) -> PlainBuffer:
        return PlainBuffer(self, content)


@pytest.fixture
def counter() -> Iterator[OperationType]:
    register(CounterType())
    yield get_type("counter")
    del registry._types["counter"]


def test_text_is_there() -> None:
    assert get_type("text").name == "text"
    assert "text" in types()


@pytest.mark.parametrize("name", ["", "Text", "nothing", "x" * 1000])
def test_an_unknown_name_is_refused_naming_the_known_ones(name: str) -> None:
    with pytest.raises(WrongDocType, match=r"known are .*'text'") as refusal:
        get_type(name)
    assert len(str(refusal.value)) < 200


def test_a_type_of_somebody_else_is_found_by_its_name(counter: OperationType) -> None:
    assert types() == tuple(sorted({"counter", *types()}))
    assert counter.name == "counter"


def test_a_type_registered_again_takes_the_place_of_the_former() -> None:
    former = get_type("text")
    narrow = TextType(max_components=1)
    register(narrow)
    try:
        assert get_type("text") is narrow
    finally:
        register(former)


def test_a_plain_buffer_applies_by_the_type(counter: OperationType) -> None:
    buffer = counter.buffer(counter.create(95))
    assert buffer.size == 2
    assert buffer.size_after(5) == 3
    buffer.apply(5)
    assert (buffer.content(), buffer.size) == (100, 3)


def test_a_plain_buffer_stays_as_it_was_when_an_operation_is_refused(
    counter: OperationType,
) -> None:
    buffer = counter.buffer(3)
    with pytest.raises(InvalidOperation):
        buffer.apply(-4)
    assert buffer.content() == 3


def test_a_plain_buffer_of_text_measures_in_utf16_units() -> None:
    assert PlainBuffer(get_type("text"), "a😀").size == 3
