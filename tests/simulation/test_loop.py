"""Virtual time, and processes that end without a word."""

from __future__ import annotations

import asyncio

import pytest

from .loop import Process, Stalled, VirtualLoop


@pytest.fixture
def loop() -> VirtualLoop:
    return VirtualLoop()


def test_time_jumps_to_the_next_timer(loop: VirtualLoop) -> None:
    seen: list[tuple[str, float]] = []

    async def wait(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        seen.append((name, loop.time()))

    async def main() -> None:
        await asyncio.gather(wait("late", 3600), wait("early", 60))

    loop.run(main(), Process("test"))
    assert seen == [("early", 60), ("late", 3600)]


def test_a_stopped_process_does_nothing_until_it_is_continued(loop: VirtualLoop) -> None:
    other, seen = Process("other"), []

    async def count() -> None:
        while True:
            await asyncio.sleep(1)
            seen.append(loop.time())

    async def main() -> None:
        task = loop.start(count(), other)
        await asyncio.sleep(2.5)
        loop.stop_process(other)
        await asyncio.sleep(10)
        assert seen == [1, 2]
        loop.continue_process(other)
        await asyncio.sleep(0.5)
        assert seen == [1, 2, 12.5]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    loop.run(main(), Process("test"))
    assert other.tasks == {}


def test_no_finally_of_a_stopped_process_runs(loop: VirtualLoop) -> None:
    other, seen = Process("other"), []

    async def die() -> None:
        try:
            await asyncio.sleep(1)
        finally:
            seen.append("finally")

    async def main() -> None:
        task = loop.start(die(), other)
        await asyncio.sleep(0)
        loop.stop_process(other)
        task.cancel()
        await asyncio.sleep(10)
        assert seen == []
        loop.continue_process(other)
        await asyncio.gather(task, return_exceptions=True)
        assert seen == ["finally"]

    loop.run(main(), Process("test"))


def test_waiting_for_what_never_comes_is_told(loop: VirtualLoop) -> None:
    async def main() -> None:
        await loop.create_future()

    with pytest.raises(Stalled, match="nothing is left"):
        loop.run(main(), Process("test"))
