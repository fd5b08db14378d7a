"""What a scenario consists of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from ..load import Figures, Load
from ..options import Options

__all__ = ["Alone", "Case", "Scenario", "UnderLoad", "beside_the_floor"]


class UnderLoad(NamedTuple):
    """A server and clients that load it."""

    run: Callable[[Load], Awaitable[Figures]]
    subject: str = "collab"
    gather: int = 1
    """Edits that the floor joins into one write: as many as can be under way."""
    prepare: Callable[[str, Options], Awaitable[None]] | None = None
    """Makes what is in the database, given by its URL, before the server is started."""


class Alone(NamedTuple):
    """What starts all that it needs by itself, its databases in the folder that it is given."""

    run: Callable[[Path, Options], Awaitable[Figures]]
    subject: str = "collab"


Case = UnderLoad | Alone


class Scenario(NamedTuple):
    title: str
    cases: dict[str, Case]
    """By what the row of a table is called."""
    once: bool = False
    """Not repeated: it takes long, and looks at each amount several times by itself."""


def beside_the_floor(run: Callable[[Load], Awaitable[Figures]], gather: int = 1) -> dict[str, Case]:
    return {"collab": UnderLoad(run), "floor": UnderLoad(run, "floor", gather)}
