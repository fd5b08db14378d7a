"""Compose and transform operations."""

from __future__ import annotations

from ...errors import InvalidOperation
from ..meter import Meter
from ..values import Misfit
from . import lists
from .components import Operation, append
from .lists import Side
from .rules import step

__all__ = ["compose", "transform"]


def compose(first: Operation, second: Operation) -> Operation:
    """Return one operation with the effect of `first`, then `second`.

    Raises:
        InvalidOperation: no content exists on which `second` can follow `first`.
    """
    components = list(first)
    meter = Meter()
    for index, component in enumerate(second):
        try:
            append(components, component, meter)
        except Misfit as problem:
            raise InvalidOperation(str(problem), component=index) from None
    return components


def transform(operation: Operation, other: Operation, side: Side, meter: Meter) -> Operation:
    """Return `operation` transformed against `other`.

    Raises:
        InvalidOperation: no content exists that both fit.
        TooMuchWork: the work exceeds the meter's limit.
    """
    try:
        return lists.transform(operation, other, side, step, append, meter)
    except Misfit as problem:
        raise InvalidOperation(
            f"it doesn't fit the content of the version it was made on: {problem}"
        ) from None
