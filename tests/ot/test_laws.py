"""The laws that every operation type obeys, tried on random cases."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from .draws import BYTES, Draws
from .found import FoundCase, found_cases
from .laws import TYPES, cases_of, laws_of, obey

EXAMPLES = int(os.environ.get("COLLAB_LAW_EXAMPLES", "2000"))
"""How many cases of each type each law is tried on; `scripts/test-laws` tries ten times as many."""

EVERY_LAW = [(cases.name, law) for cases in TYPES for law in laws_of(cases.name)]


@pytest.mark.parametrize(("name", "law"), EVERY_LAW, ids=lambda given: given)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(source=st.binary(min_size=BYTES, max_size=BYTES))
def test_the_law_holds(name: str, law: str, source: bytes) -> None:
    try:
        obey(law, Draws(cases_of(name), source))
    except Exception:
        case = FoundCase.record(name, law, source)
        note(f"drawn: {case.drawn!r}")
        raise


def test_what_once_broke_a_law_breaks_it_no_more() -> None:
    for case in found_cases():
        try:
            case.replay()
        except Exception as failure:
            failure.add_note(f"replayed from tests/ot/vectors/found/{case.file_name}")
            raise
