"""Profiles of the server, made of folded stacks."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.fanout.options import Options
from benchmarks.profile import profile, profiles, record, tables

FOLDED = [
    "thread (7): MainThread;main (a.py:1);read (a.py:2) 3",
    "thread (7): MainThread;main (a.py:1);read (a.py:2);decode (/x/site-packages/b/c.py:3) 6",
    "thread (7): MainThread;main (a.py:1) 1",
    "thread (8): writer;commit (d.py:4) 5",
    "thread (8): writer;_Worker.run (e.py:5) 500",
    "thread (9): idle;commit (d.py:4) 5",
]


def test_samples_are_counted_by_thread_without_those_that_wait() -> None:
    found = profiles(FOLDED)
    main, writer = found["thread (7): MainThread"], found["thread (8): writer"]
    assert main.samples == 10
    assert main.alone["read (a.py:2)"] == 3
    assert main.with_callees["read (a.py:2)"] == 9
    assert writer.samples == 5


def test_tables_are_made_of_the_threads_that_used_the_processor() -> None:
    told = tables(profiles(FOLDED), Counter({7: 750, 8: 250, 9: 1}), rows=2)
    assert "**MainThread**: 75% of the server's CPU time; 10 samples" in told
    assert "| `decode (b/c.py:3)` | 60.0% |" in told
    assert "**writer**: 25%" in told
    assert "idle" not in told
    with_callees = told.partition("with callees")[2].partition("**")[0]
    assert "`read (a.py:2)` | 90.0%" in with_callees
    assert "`main (a.py:1)`" not in with_callees


@pytest.mark.parametrize(
    ("scenario", "problem"),
    [
        ("S1", "several scenarios match 'S1': S1-100, S1-400"),
        ("growth", "'growth' has no server process"),
        ("nothing", "nothing"),
    ],
)
async def test_one_scenario_with_a_server_is_asked_for(scenario: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        await profile(scenario, Options(), native=False)


async def test_it_is_told_what_py_spy_complains_of(tmp_path: Path) -> None:
    ended = await asyncio.create_subprocess_exec("true")
    await ended.wait()
    with pytest.raises(RuntimeError, match=r"py-spy failed: .*\w"):
        await record(ended.pid, tmp_path / "folded", 1, native=False)


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0,
    reason="it reads /proc, and only root may look into another process",
)
async def test_the_server_is_profiled_under_a_load() -> None:
    options = Options(warm_seconds=0, seconds=2, writers=3)
    folded, cpu = await profile("S2", options, native=False)
    assert any(each.startswith("thread") and "MainThread" in each for each in folded)
    assert sum(cpu.values()) > 0
