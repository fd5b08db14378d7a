"""The members, divided among a few processes of their own."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import random
import signal
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from .member import Account, Member, Pace

__all__ = ["Crowd"]

DRAIN_SECONDS = 30.0

KINDS = {"steady": 80, "restless": 12, "stalled": 4, "hostile": 4}


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many connections, spread evenly over the documents, for so many seconds.

    `KINDS` tells how many of a hundred stay, come and go, stop reading, and are hostile.
    """

    url: str
    connections: int
    documents: int
    seconds: float
    pace: Pace

    async def live(self, processes: int) -> list[Account]:
        """The accounts of all members, in no order."""
        loop = asyncio.get_running_loop()
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, mp_context=context, initializer=_leave_alone) as pool:
            parts = [
                loop.run_in_executor(pool, _live, self, range(first, self.connections, processes))
                for first in range(processes)
            ]
            return [account for part in await asyncio.gather(*parts) for account in part]

    def member(self, number: int) -> Member:
        (kind,) = random.Random(number).choices(list(KINDS), list(KINDS.values()))
        doc_id = f"endurance-{number % self.documents}"
        return Member(self.url, doc_id, f"member-{number}", kind, self.pace)


def _leave_alone() -> None:
    # The parent process ends the others when it is interrupted.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _live(crowd: Crowd, numbers: range) -> list[Account]:
    async def run() -> list[Account]:
        members = [crowd.member(number) for number in numbers]
        # What lives as long as the process is not looked through again and again.
        gc.freeze()
        return await asyncio.gather(
            *(member.live(crowd.seconds, DRAIN_SECONDS) for member in members)
        )

    return asyncio.run(run())
