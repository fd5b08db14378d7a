"""Every scenario runs, however small, against our server and the floor."""

from __future__ import annotations

import sys

import pytest

from benchmarks.fanout.options import Options
from benchmarks.fanout.run import run
from benchmarks.fanout.scenarios import chosen, scenarios
from benchmarks.fanout.table import columns

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")

SMALL = Options(
    warm_seconds=0,
    seconds=0.1,
    paced_seconds=0.3,
    readers=(3,),
    writers=3,
    documents=3,
    members=4,
    edits_per_second=20.0,
    connections=(6,),
    idle_documents=2,
    settle_seconds=0.1,
    idle_seconds=0.1,
    grown_edits=60,
    cold_joins=2,
    killed_documents=2,
    killed_seconds=0.2,
    killed_paced_seconds=0.2,
    stalled=(2,),
    stalled_among=4,
    stalled_after_seconds=0.0,
    joins=(3,),
    join_seconds=0.1,
    missed=(5,),
    resumes=2,
    resumed_edits=20,
    resumed_characters=100,
    commits=2,
    amounts=(10, 20, 30),
    growth_parts=1,
    growth_part_edits=20,
    recent_edits=(2,),
    loaded_documents=2,
    opened_edits=60,
    opened_characters=100,
)
# They differ from another case of theirs only in how many databases there are.
LIKE_OTHERS = {"one process", "two, a database each"}
RUNS = [
    (name, case)
    for name, each in scenarios(SMALL).items()
    for case in each.cases
    if case not in LIKE_OTHERS
]


@pytest.mark.parametrize(("name", "case"), RUNS)
async def test_a_scenario_runs(name: str, case: str) -> None:
    figures = await run(name, case, SMALL)
    shown = {each.figure for each in columns(name)}
    assert shown & set(figures)
    if name != "processes":
        assert shown - set(figures) == set()
    assert figures.get("edits_per_second", 1) > 0
    assert figures.get("latency_p50_ms", 1) > 0
    if "acknowledged_edits" in figures:
        assert figures["found_edits"] >= figures["acknowledged_edits"] > 0


def test_scenarios_are_chosen_by_name_or_by_its_beginning() -> None:
    assert list(chosen(Options(), ["S1"])) == ["S1-100", "S1-400"]
    assert list(chosen(Options(), ["S2", "S1-400"])) == ["S2", "S1-400"]
    assert list(chosen(Options(), [])) == list(scenarios(Options()))


def test_a_scenario_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(ValueError, match=r"no scenario 'S99'; there are: S1-100"):
        chosen(Options(), ["S99"])


def test_options_are_set_by_name() -> None:
    changed = Options().changed(["writers=5", "readers=1,2", "seconds=0.5"])
    assert (changed.writers, changed.readers, changed.seconds) == (5, (1, 2), 0.5)
    with pytest.raises(ValueError, match="no option 'reader'"):
        Options().changed(["reader=1"])
