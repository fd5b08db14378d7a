"""The parts of a scenario."""

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
    """Edits that the bare server joins into one write: the number that can be pending."""
    prepare: Callable[[str, Options], Awaitable[None]] | None = None
    """Fills the database, given by its URL, before the server is started."""


class Alone(NamedTuple):
    """A measurement that starts its own servers, with databases in the given folder."""

    run: Callable[[Path, Options], Awaitable[Figures]]
    subject: str = "collab"


Case = UnderLoad | Alone


class Scenario(NamedTuple):
    title: str
    cases: dict[str, Case]
    """By the label of the table row."""
    once: bool = False
    """Whether it is not repeated, since it takes long and repeats its measurements itself."""


def beside_the_floor(run: Callable[[Load], Awaitable[Figures]], gather: int = 1) -> dict[str, Case]:
    return {"collab": UnderLoad(run), "floor": UnderLoad(run, "floor", gather)}
