"""What is measured, by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

from ..load import Figures, Load
from ..options import Options
from ..subjects import SUBJECTS
from .cold_join import cold_join
from .fan_out import fan_out
from .idle import idle
from .killed import killed, killed_at_a_pace
from .paced import paced
from .pairs import pairs
from .room import room

__all__ = ["Scenario", "chosen", "scenarios"]

OURS = ("collab",)


class Scenario(NamedTuple):
    title: str
    run: Callable[[Load], Awaitable[Figures]]
    subjects: tuple[str, ...] = SUBJECTS
    gather: int = 1
    """Edits that the floor joins into one write: as many as can be under way."""


def scenarios(options: Options) -> dict[str, Scenario]:
    """All of them, as large as the options say."""
    found = {
        f"S1-{each}": Scenario(f"fan-out, {each} readers", partial(fan_out, readers=each))
        for each in options.readers
    }
    writers, members = options.writers, options.members
    found["S2"] = Scenario(f"room of {writers} writers", room, gather=writers)
    found["S3"] = Scenario(f"{options.documents} documents, a writer and a reader each", pairs)
    found["S4"] = Scenario(f"{members} members typing at a pace", paced)
    for connections in options.connections:
        title = f"{connections:,} idle connections to {options.idle_documents} documents"
        found[f"S5-{connections}"] = Scenario(title, partial(idle, connections=connections))
    found["S6"] = Scenario(f"cold join after {options.grown_edits:,} edits", cold_join, OURS)
    writers = options.killed_documents
    found["S7"] = Scenario(f"SIGKILL under {writers} writers, closed loop", killed, OURS)
    title = f"SIGKILL under {writers} writers typing at a pace"
    found["S7-paced"] = Scenario(title, killed_at_a_pace, OURS)
    return found


def chosen(options: Options, names: list[str]) -> dict[str, Scenario]:
    """Those with these names, or that begin with them and a hyphen; all for no name.

    Raises:
        ValueError: there is none of a name.
    """
    everything = scenarios(options)
    found = {}
    for name in names or everything:
        fitting = [each for each in everything if each == name or each.startswith(f"{name}-")]
        if not fitting:
            raise ValueError(f"no scenario {name!r}; there are: {', '.join(everything)}")
        found.update({each: everything[each] for each in fitting})
    return found
