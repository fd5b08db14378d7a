"""A commit waits for more edits only where many come, and never for long."""

from __future__ import annotations

import asyncio

import pytest

from collab.storage.commit_delay import LEAST, MOST, CommitDelay

LONG = 3600.0


def add(gathering: CommitDelay, count: int) -> None:
    for _ in range(count):
        gathering.add()


async def waits(gathering: CommitDelay) -> asyncio.Task[None] | None:
    """The task that waits; None if the next commit may begin at once."""
    waiting = asyncio.create_task(gathering.wait())
    await asyncio.sleep(0)
    if not waiting.done():
        return waiting
    await waiting
    return None


async def test_the_next_commit_waits_for_those_that_were_answered_and_those_that_waited() -> None:
    gathering = CommitDelay(LONG)
    add(gathering, 12)
    gathering.begin()
    add(gathering, 8)
    gathering.end(12)
    waiting = await waits(gathering)
    assert waiting is not None
    add(gathering, 11)
    await asyncio.sleep(0)
    assert not waiting.done()
    gathering.add()
    await waiting


@pytest.mark.parametrize("count", [1, LEAST - 1, MOST + 1])
async def test_few_edits_and_very_many_wait_for_nothing(count: int) -> None:
    gathering = CommitDelay(LONG)
    add(gathering, count)
    gathering.begin()
    gathering.end(count)
    gathering.add()
    assert await waits(gathering) is None


async def test_nothing_waits_before_the_first_commit_or_a_while_after_the_last() -> None:
    gathering = CommitDelay(1e-9)
    gathering.add()
    assert await waits(gathering) is None
    gathering.begin()
    gathering.end(20)
    gathering.add()
    assert await waits(gathering) is None


async def test_nothing_waits_where_that_is_turned_off() -> None:
    gathering = CommitDelay(0)
    gathering.begin()
    gathering.end(20)
    gathering.add()
    assert await waits(gathering) is None


async def test_who_does_not_come_is_not_waited_for_without_end() -> None:
    gathering = CommitDelay(0.001)
    gathering.begin()
    gathering.end(20)
    gathering.add()
    await gathering.wait()
    # Fewer came: the next one expects fewer.
    gathering.begin()
    gathering.end(1)
    gathering.add()
    assert await waits(gathering) is None


async def test_closing_waits_for_nobody() -> None:
    gathering = CommitDelay(LONG)
    gathering.begin()
    gathering.end(20)
    gathering.add()
    waiting = await waits(gathering)
    assert waiting is not None
    gathering.release()
    await waiting
