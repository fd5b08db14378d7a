"""Path convertors: match `{name:kind}` in a route's path and convert the value."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

__all__ = [
    "CONVERTOR_TYPES",
    "Convertor",
    "FloatConvertor",
    "IntegerConvertor",
    "PathConvertor",
    "StringConvertor",
    "UUIDConvertor",
    "register_url_convertor",
]

T = TypeVar("T")


class Convertor(Generic[T]):
    """One kind of parameter. `to_string` asserts that its result matches `regex`."""

    regex: ClassVar[str] = ""

    def convert(self, value: str) -> T:
        """Convert a matching text. Raises ValueError if it is not a value of this kind."""
        raise NotImplementedError

    def to_string(self, value: T) -> str:
        raise NotImplementedError


class StringConvertor(Convertor[str]):
    """One segment of a path."""

    regex = "[^/]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        text = str(value)
        assert text, "A path parameter must not be empty."
        assert "/" not in text, f"Expected one segment of a path, got {text!r}."
        return text


class PathConvertor(Convertor[str]):
    """The rest of a path with its slashes. It may be empty and contains no line feed."""

    regex = ".*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return str(value)


class IntegerConvertor(Convertor[int]):
    regex = "[0-9]+"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        number = int(value)
        assert number >= 0, f"Expected an integer of 0 or more, got {number}."
        return str(number)


class FloatConvertor(Convertor[float]):
    """Digits with an optional fraction, no exponent. Formatted with at most 20 decimals."""

    regex = r"[0-9]+(\.[0-9]+)?"

    def convert(self, value: str) -> float:
        number = float(value)
        if not math.isfinite(number):
            raise ValueError("too large for a number of 64 bits")
        return number

    def to_string(self, value: float) -> str:
        number = float(value)
        assert math.isfinite(number), f"Expected a finite number, got {number}."
        assert number >= 0, f"Expected a number of 0 or more, got {number}."
        return f"{number:.20f}".rstrip("0").rstrip(".")


class UUIDConvertor(Convertor[UUID]):
    """A UUID; the hyphens are optional."""

    regex = "-?".join(f"[0-9a-fA-F]{{{digits}}}" for digits in (8, 4, 4, 4, 12))

    def convert(self, value: str) -> UUID:
        return UUID(value)

    def to_string(self, value: UUID) -> str:
        return str(value)


CONVERTOR_TYPES: dict[str, Convertor[Any]] = {
    "str": StringConvertor(),
    "path": PathConvertor(),
    "int": IntegerConvertor(),
    "float": FloatConvertor(),
    "uuid": UUIDConvertor(),
}


def register_url_convertor(key: str, convertor: Convertor[Any]) -> None:
    """Make `{name:key}` available to routes that are created later."""
    CONVERTOR_TYPES[key] = convertor
