"""Figures as tables, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .load import Figures
from .results import Results

__all__ = ["Column", "columns", "markdown", "number", "tables"]


class Column(NamedTuple):
    heading: str
    figure: str
    digits: int = 0


LOAD = (
    Column("edits/s", "edits_per_second"),
    Column("deliveries/s", "deliveries_per_second"),
    Column("server CPU µs/edit", "server_cpu_us_per_edit", 1),
    Column("server CPU µs/delivery", "server_cpu_us_per_delivery", 2),
    Column("of it the event loop's", "loop_cpu_us_per_delivery", 2),
    Column("edits/commit", "edits_per_commit", 1),
    Column("ms/commit", "commit_ms", 2),
    Column("p50 ms", "latency_p50_ms", 2),
    Column("p95 ms", "latency_p95_ms", 2),
    Column("p99 ms", "latency_p99_ms", 2),
    Column("server CPU %", "server_cpu_percent"),
    Column("generator CPU %", "generator_cpu_percent"),
    Column("others CPU %", "others_cpu_percent"),
)
P50 = Column("p50 ms", "latency_p50_ms", 2)
P99 = Column("p99 ms", "latency_p99_ms", 2)
RESTART = Column("restart ms", "restart_ms")
COLUMNS: dict[str, tuple[Column, ...]] = {
    "S5": (
        Column("connect all s", "connect_seconds", 2),
        Column("CPU µs/connect", "cpu_us_per_connect"),
        Column("RSS before MB", "resident_before_mb", 1),
        Column("RSS after MB", "resident_after_mb", 1),
        Column("kB/connection (RSS)", "resident_kb_per_connection", 1),
        Column("kB/connection (PSS)", "proportional_kb_per_connection", 1),
        Column("idle CPU %", "idle_cpu_percent", 1),
    ),
    "S6": (
        Column("edits grown", "grown_edits"),
        Column("edits/s while growing", "edits_per_second"),
        Column("CPU µs/edit while growing", "server_cpu_us_per_edit", 1),
        RESTART,
        Column("first join ms", "first_join_ms", 1),
        Column("of it server CPU ms", "first_join_cpu_ms", 1),
        Column("median join ms", "join_ms", 1),
        Column("bytes received", "join_bytes"),
    ),
    "S7": (
        Column("acknowledged edits", "acknowledged_edits"),
        Column("missing after restart", "missing_edits"),
        Column("documents with loss", "documents_with_loss"),
        RESTART,
    ),
    "stalled": (
        Column("edits/s", "edits_per_second"),
        Column("server CPU µs/delivery to the healthy", "server_cpu_us_per_delivery", 2),
        P50,
        P99,
        Column("RSS grown kB", "resident_growth_kb"),
        Column("let go", "let_go"),
    ),
    "joins": (
        Column("writes/join", "writes_per_join", 1),
        Column("bytes/join", "bytes_per_join"),
        Column("CPU µs/join", "cpu_us_per_join"),
        P50,
        P99,
    ),
    "resume": (
        Column("bytes received", "bytes_received"),
        Column("server CPU µs", "cpu_us"),
    ),
    "processes": (
        Column("edits/s", "edits_per_second"),
        Column("server CPU µs/edit", "server_cpu_us_per_edit", 1),
        Column("servers CPU %", "server_cpu_percent"),
        Column("generator CPU %", "generator_cpu_percent"),
    ),
    "commit": (
        Column("CPU µs/commit", "cpu_us_per_commit"),
        Column("CPU µs/edit", "cpu_us_per_edit", 1),
        Column("wall ms/commit", "commit_ms", 2),
    ),
    "growth": (
        Column("at", "amount_a"),
        Column("CPU µs/edit", "cpu_us_low", 1),
        Column("at", "amount_b"),
        Column("CPU µs/edit", "cpu_us_middle", 1),
        Column("at", "amount_c"),
        Column("CPU µs/edit", "cpu_us_high", 1),
        Column("last to first", "ratio", 2),
    ),
    "memory": (Column("kB/document", "kb_per_document", 1),),
    "opening": (
        Column("cold, server CPU ms", "cold_cpu_ms", 1),
        Column("cold, wall ms", "cold_ms", 1),
        Column("bytes", "cold_bytes"),
        Column("resumed 37 edits behind, server CPU ms", "resumed_cpu_ms", 1),
        Column("bytes", "resumed_bytes"),
    ),
}


def columns(name: str) -> tuple[Column, ...]:
    """The columns of a scenario, by the first part of its name."""
    return COLUMNS.get(name.partition("-")[0], LOAD)


def number(value: float | None, digits: int = 0) -> str:
    return "-" if value is None or value != value else f"{value:,.{digits}f}"


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, with the first column aligned left and the others right."""
    lines = [" | ".join(head), " | ".join(["---", *["---:"] * (len(head) - 1)])]
    lines += [" | ".join(row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines) + "\n"


def tables(results: Results) -> str:
    """A table for each scenario, with a row for each case."""
    parts = []
    for name, title in results.titles.items():
        shown = columns(name)
        rows = [[case, *_cells(shown, found)] for case, found in results.cases(name)]
        table = markdown(["", *(each.heading for each in shown)], rows)
        parts.append(f"### {name}: {title}\n\n{table}")
    return "\n".join(parts)


def _cells(shown: Iterable[Column], figures: Figures) -> list[str]:
    return [number(figures.get(each.figure), each.digits) for each in shown]
