"""Operations on JSON documents in the json0 format."""

from ..values import Misfit, checked
from .buffer import JsonBuffer
from .components import Component, Operation, append, inverse
from .difference import compare, difference
from .form import count, normalize
from .split import PIECE_COMPONENTS, split
from .transforming import compose, transform

__all__ = [
    "PIECE_COMPONENTS",
    "Component",
    "JsonBuffer",
    "Misfit",
    "Operation",
    "append",
    "checked",
    "compare",
    "compose",
    "count",
    "difference",
    "inverse",
    "normalize",
    "split",
    "transform",
]
