"""A database that has lost its newest commits: no editor differs from the server for that."""

from __future__ import annotations

import os

import pytest

from collab.sessions.join import JoinRequest

from .run import run
from .steps import plan_with_losses

SEEDS = int(os.environ.get("COLLAB_SIMULATION_SEEDS", "60"))
SEEDS_EACH = 10
SEEDS_OF_A_BUG = 40


@pytest.mark.parametrize("first", range(1, SEEDS + 1, SEEDS_EACH))
def test_editors_agree_after_edits_that_they_have_seen_were_lost(first: int) -> None:
    failed = {
        seed: outcome.violation
        for seed in range(first, first + SEEDS_EACH)
        if (outcome := run(plan_with_losses(seed))).violation is not None
    }
    assert failed == {}


def test_a_server_that_compares_only_numbers_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    of_query = vars(JoinRequest)["of_query"].__func__

    def without_checksum(cls: type[JoinRequest], query: dict[str, str]) -> JoinRequest:
        named = {name: value for name, value in query.items() if name != "checksum"}
        return of_query(cls, named)

    monkeypatch.setattr(JoinRequest, "of_query", classmethod(without_checksum))
    outcomes = (run(plan_with_losses(seed)) for seed in range(1, SEEDS_OF_A_BUG + 1))
    assert any(outcome.violation is not None for outcome in outcomes)
