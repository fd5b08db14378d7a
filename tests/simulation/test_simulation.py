"""Editors, server and log agree after whatever the network and the store did."""

from __future__ import annotations

import gc
import os
import weakref
from pathlib import Path

import pytest

from .run import run
from .server import SimulatedServer
from .shrink import shrink
from .steps import Scenario, Step, kept_scenarios, plan

SEEDS = int(os.environ.get("COLLAB_SIMULATION_SEEDS", "200"))
SEEDS_EACH = 10


@pytest.mark.parametrize("first", range(1, SEEDS + 1, SEEDS_EACH))
def test_nothing_is_lost_doubled_or_left_over(first: int) -> None:
    failed = {
        seed: outcome.violation
        for seed in range(first, first + SEEDS_EACH)
        if (outcome := run(plan(seed))).violation is not None
    }
    assert failed == {}


@pytest.mark.parametrize("path", kept_scenarios(), ids=lambda path: path.stem)
def test_what_failed_once_holds(path: Path) -> None:
    outcome = run(Scenario.load(path))
    assert outcome.violation is None


def test_scenarios_that_failed_once_are_kept() -> None:
    assert kept_scenarios()


def test_the_same_scenario_is_the_same_story() -> None:
    first, second = run(plan(7)), run(plan(7))
    assert first.story == second.story
    assert (first.seconds, first.turns, first.versions) == (
        second.seconds,
        second.turns,
        second.versions,
    )


def test_a_scenario_is_the_same_after_it_was_kept(tmp_path: Path) -> None:
    scenario = plan(3)
    assert Scenario.load(scenario.save("kind", "why", tmp_path)) == scenario
    assert kept_scenarios(tmp_path) == [tmp_path / "kind-3.json"]


def test_seeds_meet_every_fault_and_the_server_dies_often() -> None:
    scenarios = [plan(seed) for seed in range(1, 21)]
    met = {step.action for scenario in scenarios for step in scenario.steps}
    assert met >= {"refuse", "forget", "hang_stored", "hang_lost", "crash_told", "cut", "vanish"}
    outcomes = [run(scenario) for scenario in scenarios]
    assert sum(outcome.crashes for outcome in outcomes) > 20
    assert sum(outcome.versions for outcome in outcomes) > 400


def test_a_run_leaves_nothing_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    managers: list[weakref.ref[object]] = []
    start = SimulatedServer.start

    def watched(server: SimulatedServer) -> None:
        start(server)
        assert server.current is not None
        managers.append(weakref.ref(server.current.manager))

    monkeypatch.setattr(SimulatedServer, "start", watched)
    run(Scenario(1, (Step(1.0, "edit", 0, 1), Step(1.0, "crash", 0, 1), Step(1.0, "edit", 1, 2))))
    gc.collect()
    assert len(managers) == 2
    assert [manager for manager in managers if manager() is not None] == []


def test_shrinking_leaves_only_the_steps_that_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    # A promise that no run keeps in which a client vanishes.
    monkeypatch.setattr("tests.simulation.client.SimulatedClient.vanish", _fail)
    scenario = next(s for s in map(plan, range(1, 100)) if "vanish" in {x.action for x in s.steps})
    small = shrink(scenario, "raised")
    assert [step.action for step in small.steps] == ["vanish"]


def _fail(*_: object) -> None:
    raise RuntimeError("on purpose")
