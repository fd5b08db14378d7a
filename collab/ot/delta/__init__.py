"""Operations in the Delta format, `{"ops": [components]}`: reading, writing and their algebra."""

from .algebra import compose, invert, transform, transform_cursor
from .faults import BeyondEnd, SplitPair
from .reader import Component, DeltaReader, Operation
from .writer import DeltaWriter

__all__ = [
    "BeyondEnd",
    "Component",
    "DeltaReader",
    "DeltaWriter",
    "Operation",
    "SplitPair",
    "compose",
    "invert",
    "transform",
    "transform_cursor",
]
