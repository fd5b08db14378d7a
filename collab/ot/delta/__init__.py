"""Operations in the Delta format, `{"ops": [components]}`: reader, writer and algebra."""

from .algebra import (
    apply,
    compose,
    invert,
    move_offset,
    outline,
    transform,
    transform_cursor,
    transform_past,
)
from .attributes import same_attributes
from .difference import check_count, compare, difference
from .faults import BeyondEnd, SplitPair
from .reader import Component, DeltaReader, Operation, extent
from .rich_form import RichForm
from .split import PIECE_COMPONENTS, split
from .stretches import differing
from .writer import DeltaWriter
from .written import written

__all__ = [
    "PIECE_COMPONENTS",
    "BeyondEnd",
    "Component",
    "DeltaReader",
    "DeltaWriter",
    "Operation",
    "RichForm",
    "SplitPair",
    "apply",
    "check_count",
    "compare",
    "compose",
    "difference",
    "differing",
    "extent",
    "invert",
    "move_offset",
    "outline",
    "same_attributes",
    "split",
    "transform",
    "transform_cursor",
    "transform_past",
    "written",
]
