"""Two keystrokes are transformed without merging, and to the same as by merging."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from collab.ot.delta import algebra

CHANGES: list[dict[str, Any]] = [
    {"insert": "x"},
    {"insert": "😀z"},
    {"insert": "q", "attributes": {"bold": True}},
    {"insert": {"image": "cat.png"}},
    {"delete": 1},
    {"delete": 2},
    {"delete": 3},
]
KEYSTROKES = [
    {"ops": [*([{"retain": start}] if start else []), change]}
    for start in range(6)
    for change in CHANGES
]


def test_keystrokes_come_out_as_merging_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = list(itertools.product(KEYSTROKES, KEYSTROKES, (True, False)))
    quick = [algebra._transform_apart(mine, theirs, first=first) for mine, theirs, first in cases]
    monkeypatch.setattr(algebra, "_transform_apart", lambda *_, first: None)
    merged = [algebra.transform(mine, theirs, first=first) for mine, theirs, first in cases]
    pairs = [(one, other) for one, other in zip(quick, merged, strict=True) if one is not None]
    assert [one for one, _ in pairs] == [other for _, other in pairs]
    # Only those that overlap need merging.
    assert len(pairs) > len(cases) * 0.8
