"""Keystrokes are transformed without merging, and to the same as by merging."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

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


class Passed(NamedTuple):
    operation: Any
    outline: Any


def test_a_keystroke_goes_past_others_as_it_goes_past_each_in_turn() -> None:
    others = [Passed(each, algebra.outline(each)) for each in KEYSTROKES]
    mixed: Any = {"ops": [{"insert": "a"}, {"retain": 2}, {"insert": "b"}]}
    for mine in KEYSTROKES:
        for first, second in itertools.product(others, others[:9]):
            path = [first, Passed(mixed, algebra.outline(mixed)), second, first]
            expected = mine
            for each in path:
                expected = algebra.transform(expected, each.operation, first=False)
            assert algebra.transform_past(mine, path) == expected
            assert algebra.transform_past(mixed, path[:1]) == algebra.transform(
                mixed, first.operation, first=False
            )


def test_an_operation_that_passes_nothing_stays_as_it_is() -> None:
    assert algebra.transform_past(KEYSTROKES[3], []) is KEYSTROKES[3]
