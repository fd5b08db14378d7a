"""A bug that is put in on purpose is found, shrunk, saved and replayed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from collab.ot import get_type, register
from collab.ot.text import TextType
from tests.ot.found import found_cases
from tests.ot.fuzz import Batch, run
from tests.ot.shrink import shrink

LAW = "composing_is_applying_one_after_the_other"


class BrokenText(TextType):
    """Forgets what the second of two operations deletes last."""

    def compose(self, first: Any, second: Any) -> Any:
        kept = second["ops"][:-1] if "delete" in str(second["ops"][-1:]) else second["ops"]
        return super().compose(first, {"ops": kept})


@pytest.fixture
def text() -> Any:
    """The type `text`, as it is again afterwards."""
    kind = get_type("text")
    yield kind
    register(kind)


def test_a_bug_is_found_shrunk_saved_and_replayed(text: Any, tmp_path: Path) -> None:
    register(BrokenText())
    _, broken = run(Batch("text", LAW, number=0, cases=1000, seed=1))
    assert broken is not None
    assert "AssertionError" in broken.failure
    path = broken.case.save(tmp_path)
    content, _, second = json.loads(path.read_text())["drawn"]
    assert len(content) <= 1
    assert text.normalize(second)["ops"][-1].keys() == {"delete"}
    (case,) = found_cases(tmp_path)
    with pytest.raises(AssertionError):
        case.replay()
    register(text)
    case.replay()


def test_a_batch_without_a_bug_ends_with_nothing_found() -> None:
    assert run(Batch("json", LAW, number=0, cases=50, seed=1))[1] is None


def test_a_batch_draws_the_same_cases_again_and_another_batch_others() -> None:
    batch = Batch("text", LAW, number=3, cases=5, seed=7)
    assert list(batch.sources()) == list(batch.sources())
    assert set(batch.sources()).isdisjoint(Batch("text", LAW, 4, 5, 7).sources())


def test_shrinking_leaves_the_smallest_that_still_shows_it() -> None:
    source = bytes(range(200, 0, -1))
    assert shrink(source, lambda each: any(byte > 99 for byte in each)) == bytes([100])
