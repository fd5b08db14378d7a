"""The scenarios by name."""

from __future__ import annotations

from functools import partial

from ... import commit, growth
from ..options import Options
from .case import Alone, Case, Scenario, UnderLoad, beside_the_floor
from .cold_join import cold_join
from .fan_out import fan_out
from .growing import committing, growing, loading, opened
from .idle import idle
from .joins import joins
from .killed import killed, killed_at_a_pace
from .paced import paced
from .pairs import pairs
from .processes import documents_on
from .resume import prepare, resume
from .room import room
from .stalled import stalled

__all__ = ["Alone", "Case", "Scenario", "UnderLoad", "chosen", "scenarios"]


def scenarios(options: Options) -> dict[str, Scenario]:
    """All scenarios, in the sizes of the options."""
    return _loads(options) | _people(options) | _growth(options)


def _loads(options: Options) -> dict[str, Scenario]:
    found = {
        f"S1-{each}": Scenario(
            f"fan-out, {each} readers", beside_the_floor(partial(fan_out, readers=each))
        )
        for each in options.readers
    }
    writers, documents = options.writers, options.documents
    found["S2"] = Scenario(f"room of {writers} writers", beside_the_floor(room, writers))
    title = f"{documents} documents, a writer and a reader each"
    found["S3"] = Scenario(title, beside_the_floor(pairs))
    title = f"{options.members} members typing at a pace"
    found["S4"] = Scenario(title, beside_the_floor(paced))
    for connections in options.connections:
        title = f"{connections:,} idle connections to {options.idle_documents} documents"
        run = partial(idle, connections=connections)
        found[f"S5-{connections}"] = Scenario(title, beside_the_floor(run))
    title = f"cold join after {options.grown_edits:,} edits"
    found["S6"] = Scenario(title, {"collab": UnderLoad(cold_join)})
    title = f"SIGKILL under {options.killed_documents} writers"
    found["S7"] = Scenario(f"{title}, closed loop", {"collab": UnderLoad(killed)})
    found["S7-paced"] = Scenario(
        f"{title} typing at a pace", {"collab": UnderLoad(killed_at_a_pace)}
    )
    return found


def _people(options: Options) -> dict[str, Scenario]:
    among = options.stalled_among
    stalling = {
        f"{each} stalled": UnderLoad(partial(stalled, count=each)) for each in options.stalled
    }
    joining = {f"{each} joins": UnderLoad(partial(joins, count=each)) for each in options.joins}
    resuming = {
        "joined anew" if each is None else f"{each} edits missed": UnderLoad(
            partial(resume, missed=each), prepare=prepare
        )
        for each in (None, *options.missed)
    }
    processes = {
        "one process": ("one.db",),
        "two, a database each": ("one.db", "two.db"),
    }
    spread = {name: Alone(partial(documents_on, databases=d)) for name, d in processes.items()}
    return {
        "stalled": Scenario(f"stalled readers among {among}", dict(stalling)),
        "joins": Scenario(f"joins within {options.join_seconds:g} s", dict(joining)),
        "resume": Scenario("resuming", dict(resuming)),
        "processes": Scenario("several processes", dict(spread)),
    }


def _growth(options: Options) -> dict[str, Scenario]:
    committed = {
        _committed(each): Alone(partial(committing, scenario=each)) for each in commit.SCENARIOS
    }
    grown = {name: Alone(partial(growing, measure=name)) for name in growth.MEASURES}
    loaded = {
        f"{each} recent edits each": Alone(partial(loading, edits=each))
        for each in options.recent_edits
    }
    count, edits = options.loaded_documents, options.opened_edits
    return {
        "commit": Scenario("a commit", dict(committed)),
        "growth": Scenario("an edit at growing amounts", dict(grown), once=True),
        "memory": Scenario(f"{count:,} documents of 10,000 characters in memory", dict(loaded)),
        "opening": Scenario(f"a document of {edits:,} edits", {"collab": Alone(opened)}, once=True),
    }


def _committed(scenario: commit.Scenario) -> str:
    edits = scenario.documents * scenario.edits
    each = f"{edits} edit{'s' * (edits > 1)}"
    return f"{each} of {scenario.documents} document{'s' * (scenario.documents > 1)}"


def chosen(options: Options, names: list[str]) -> dict[str, Scenario]:
    """The scenarios with these names, or with a name that starts with one and a hyphen; all if
    no name is given.

    Raises:
        ValueError: a name matches no scenario.
    """
    everything = scenarios(options)
    found = {}
    for name in names or everything:
        fitting = [each for each in everything if each == name or each.startswith(f"{name}-")]
        if not fitting:
            raise ValueError(f"no scenario {name!r}; there are: {', '.join(everything)}")
        found.update({each: everything[each] for each in fitting})
    return found
