"""The laws that every operation type obeys, tried on random cases."""

from __future__ import annotations

import os
import secrets

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from .draws import BYTES, Draws
from .found import FoundCase, found_cases
from .fuzz import Batch, broken_by
from .laws import TYPES, cases_of, laws_of, obey

EXAMPLES = int(os.environ.get("COLLAB_LAW_EXAMPLES", "2000"))
"""How many cases of each type each law is tried on; `scripts/test-laws` tries many more."""

BY_HYPOTHESIS = 0.05
"""The share of further cases that Hypothesis draws. It also tries repetitive bytes, and shrinks
well; a plain generator takes a sixth of the time."""

EVERY_LAW = pytest.mark.parametrize(
    ("name", "law"),
    [(cases.name, law) for cases in TYPES for law in laws_of(cases.name)],
    ids=lambda given: given,
)


@EVERY_LAW
@settings(
    max_examples=max(1, round(EXAMPLES * BY_HYPOTHESIS)),
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


@EVERY_LAW
def test_the_law_holds_on_many_cases(name: str, law: str) -> None:
    batch = Batch(name, law, number=0, cases=EXAMPLES, seed=secrets.randbelow(2**31))
    for source in batch.sources():
        try:
            obey(law, Draws(cases_of(name), source))
        except Exception as failure:
            broken = broken_by(batch, source, type(failure))
            failure.add_note(f"drawn from seed {batch.seed}, shrunk: {broken.case.drawn!r}")
            raise


def test_what_once_broke_a_law_breaks_it_no_more() -> None:
    for case in found_cases():
        try:
            case.replay()
        except Exception as failure:
            failure.add_note(f"replayed from tests/ot/vectors/found/{case.file_name}")
            raise
