"""The operation types that must obey the laws, and how many examples each law is tried on."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .growset_cases import GrowSetCases
from .json_cases import JsonCases
from .richtext_cases import RichTextCases
from .text_cases import TextCases

__all__ = ["TYPES", "law"]

TYPES = [
    TextCases(),
    RichTextCases(),
    JsonCases(),
    GrowSetCases(),
]

EXAMPLES = int(os.environ.get("COLLAB_LAW_EXAMPLES", "2000"))


def law(test: Callable[..., None]) -> Callable[..., None]:
    """Try `test(cases, data)` on random examples of every type.

    The environment variable `COLLAB_LAW_EXAMPLES` sets how many for each type.
    """
    thorough = settings(
        max_examples=EXAMPLES,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    every: Any = pytest.mark.parametrize("cases", TYPES, ids=lambda cases: cases.name)
    return every(thorough(given(data=st.data())(test)))  # type: ignore[no-any-return]
