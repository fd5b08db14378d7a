"""The endurance run in short, and that it would tell what it looks for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from tests.endurance.__main__ import main, problems
from tests.endurance.audit import Audit, compare
from tests.endurance.member import Account

Log = list[tuple[str, str, int, int]]

LOG: Log = [("plan", "ada", 1, 1), ("plan", "bob", 1, 2), ("plan", "ada", 2, 3)]


def accounts() -> list[Account]:
    ada = Account("plan", "ada", "steady", sent=2, acknowledged={1: 1, 2: 3})
    return [ada, Account("plan", "bob", "steady", sent=1, acknowledged={1: None})]


def wrong(found: Audit) -> dict[str, int]:
    """The counts that are not as they should be."""
    names = ("lost", "doubled", "moved", "foreign", "holes")
    return {name: getattr(found, name) for name in names if getattr(found, name)}


@pytest.mark.alone
def test_a_short_run_with_kills_loses_nothing() -> None:
    options = "--connections 50 --documents 5 --seconds 5 --edit-seconds 0.5 --stay-seconds 1"
    result = CliRunner().invoke(main, f"{options} --stall-seconds 0.5 --kill-every 2".split())
    assert result.exit_code == 0, result.output
    assert "(lost: 0, doubled: 0, at another version: 0, by nobody: 0)" in result.output
    assert "server killed         0 times" not in result.output
    sent = next(line for line in result.output.splitlines() if line.startswith("edits sent"))
    assert int(sent.split()[-1]) > 50


def test_a_log_that_has_all_of_it_passes() -> None:
    found = compare({"plan": 3}, LOG, accounts())
    assert found.passed
    assert (found.sent, found.acknowledged, found.found) == (3, 3, 3)


@pytest.mark.parametrize(
    ("log", "head", "told"),
    [
        (LOG[:2], 2, {"lost": 1, "moved": 1}),
        ([*LOG, ("plan", "ada", 2, 4)], 4, {"doubled": 1, "moved": 1}),
        ([LOG[0], LOG[1], ("plan", "ada", 2, 4)], 4, {"moved": 1, "holes": 2}),
        ([*LOG, ("plan", "eve", 1, 4)], 4, {"foreign": 1}),
        (LOG, 4, {"holes": 1}),
        (LOG, 2, {"holes": 1}),
    ],
    ids=["lost", "doubled", "moved", "foreign", "head ahead", "head behind"],
)
def test_a_log_that_is_not_what_was_told_is_noticed(
    log: Log, head: int, told: dict[str, int]
) -> None:
    found = compare({"plan": head}, log, accounts())
    assert wrong(found) == told
    assert not found.passed


def test_what_goes_wrong_beside_the_log_is_noticed() -> None:
    found = compare({"plan": 3}, LOG, accounts())
    watch: Any = SimpleNamespace(kills=0, warm=100_000_000, end=126_000_000)
    assert problems(watch, accounts(), found, growth=10) == []
    watch.end += 1
    assert "memory has grown" in problems(watch, accounts(), found, growth=10)[0]
    watch.end = 0
    gap, late = accounts()
    gap.gaps = 1
    late.acknowledged.clear()
    told = problems(watch, [gap, late], found, growth=10)
    assert told == ["a member saw a gap", "an edit was not acknowledged in time"]
