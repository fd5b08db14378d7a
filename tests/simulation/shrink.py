"""Make a failing scenario smaller, as long as it fails in the same way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .run import run
from .steps import Scenario, Step

__all__ = ["shrink"]

MAX_RUNS = 600


def shrink(scenario: Scenario, kind: str, runs_maximum: int = MAX_RUNS) -> Scenario:
    """A scenario whose violation is of this kind, too, from which no step can be left out; or as
    far as `runs_maximum` runs have come.

    Delta debugging after A. Zeller and R. Hildebrandt, "Simplifying and Isolating Failure-Inducing
    Input", IEEE Transactions on Software Engineering 28 (2002).
    """
    runs = 0
    smaller = True
    while smaller:
        smaller = False
        for steps in _smaller(scenario.steps):
            runs += 1
            if runs > runs_maximum:
                return scenario
            simpler = replace(scenario, steps=steps)
            violation = run(simpler).violation
            if violation is not None and violation.kind == kind:
                scenario, smaller = simpler, True
                break
    return scenario


def _smaller(steps: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    """With pieces left out, the long ones and the late ones first."""
    piece = len(steps)
    while piece:
        for start in range(len(steps) - piece, -1, -piece):
            yield steps[:start] + steps[start + piece :]
        piece //= 2
