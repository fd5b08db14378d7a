"""benchmarks.growth, .commit, .memory and .opening as scenarios."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Iterator
from pathlib import Path

from collab.storage import Database, DatabaseStore

from ... import commit, growth, memory, opening
from ...typed import make_document
from ..load import Figures
from ..options import Options

__all__ = ["committing", "growing", "loading", "opened"]


async def growing(folder: Path, options: Options, measure: str) -> Figures:
    """CPU of an edit at three amounts of one kind, and the ratio of the last to the first."""
    amounts = growth.AMOUNTS[measure] if options.amounts is None else options.amounts
    kinds: Iterator[tuple[int, growth.Kind]] = growth.MEASURES[measure](str(folder), amounts)
    found = await growth.measure(kinds, options.growth_parts, options.growth_part_edits)
    low, middle, high = (each.cpu_microseconds for each in found)
    return {
        **{f"amount_{place}": each.amount for place, each in zip("abc", found, strict=True)},
        "cpu_us_low": low,
        "cpu_us_middle": middle,
        "cpu_us_high": high,
        "ratio": high / low,
    }


async def committing(folder: Path, options: Options, scenario: commit.Scenario) -> Figures:
    limited = scenario._replace(commits=min(scenario.commits, options.commits))
    figures = await commit.measure(f"sqlite:///{folder}/commit.db", limited)
    edits = scenario.documents * scenario.edits
    return {
        "cpu_us_per_commit": figures.cpu_microseconds,
        "cpu_us_per_edit": figures.cpu_microseconds / edits,
        "commit_ms": figures.wall_milliseconds,
    }


async def loading(folder: Path, options: Options, edits: int) -> Figures:
    """Memory of loaded documents, each with `edits` recent edits."""
    url, count = f"sqlite:///{folder}/memory.db", options.loaded_documents
    maker = multiprocessing.get_context("spawn").Process(target=memory.make, args=(url, count))
    maker.start()
    await asyncio.to_thread(maker.join)
    each = await memory.load(url, edits, count)
    return {"documents": count, "kb_per_document": each / 1024}


async def opened(folder: Path, options: Options) -> Figures:
    """The cost of opening a document with a long history."""
    url = f"sqlite:///{folder}/opening.db"
    database = Database(url)
    await database.open()
    store = DatabaseStore(database)
    await make_document(store, "small", 10, 100)
    edits = options.opened_edits
    content = await make_document(store, "long", edits, options.opened_characters)
    await database.close()
    cold, resumed = await opening.measure(url, content, edits)
    return {
        "edits": edits,
        "cold_cpu_ms": cold.cpu_milliseconds,
        "cold_ms": cold.wall_milliseconds,
        "cold_bytes": cold.received_bytes,
        "resumed_cpu_ms": resumed.cpu_milliseconds,
        "resumed_bytes": resumed.received_bytes,
    }
