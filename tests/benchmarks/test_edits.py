"""The way of an edit, measured without sockets."""

from __future__ import annotations

import pytest
import uvloop

from benchmarks import edits


@pytest.mark.parametrize(("documents", "writers", "readers"), [(1, 3, 2), (3, 1, 1)])
def test_every_edit_is_acknowledged_and_paid_for(
    documents: int, writers: int, readers: int
) -> None:
    scenario = edits.Scenario("small", documents, writers, readers, 60)
    figures = uvloop.run(edits.measure(scenario))
    assert figures.cpu_microseconds > 0
    assert figures.edits_per_second > 0


def test_a_table_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(edits, "SCENARIOS", (edits.Scenario("small", 1, 2, 0, 20),))
    assert edits.main(["--repeat", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("small ")
