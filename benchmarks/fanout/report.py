"""Writes tables, plots and docs/performance.md: `python -m benchmarks.fanout.report`.

The input is benchmarks/results/: latest.json, written by `python -m benchmarks.fanout`, and
peers.json. `--peers FILE` imports the JSON of the other servers' generator.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

from .load import Figures
from .peers import Peers
from .plot import draw_all, measured_figure, with_ours
from .results import FOLDER, Results
from .table import Column, markdown, number, tables

__all__ = ["PAGE", "make", "page"]

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"

DELIVERY = Column("server CPU, µs per delivery", "server_cpu_us_per_delivery", 2)
EDIT = Column("server CPU, µs per edit", "server_cpu_us_per_edit", 1)
CONFIRMED = Column("confirmed edits", "acknowledged_edits")
LOST = Column("of them lost", "missing_edits")
# The figures that are compared with other servers, by scenario.
COMPARED = {
    "S1-100": (DELIVERY,),
    "S1-400": (DELIVERY,),
    "S2": (DELIVERY, Column("edits per second", "edits_per_second")),
    "S3": (EDIT,),
    "S4": (DELIVERY, Column("latency, 99th percentile, ms", "latency_p99_ms", 1)),
    "S5": (
        Column("memory, kB per connection", "resident_kb_per_connection", 1),
        Column("server CPU, µs per new connection", "cpu_us_per_connect"),
    ),
    "S6": (Column("first join after a restart, ms", "first_join_ms", 1),),
    "S7": (CONFIRMED, LOST),
    "S7-paced": (CONFIRMED, LOST),
}
CPU_PER_EDIT = (Column("µs of CPU per edit", "cpu_us_per_edit"),)
RESUMED = (Column("µs of CPU", "cpu_us"), Column("bytes", "bytes_received"))
# Scenario, case, its label on the page, and its figures.
COSTS = (
    ("commit", "1 edit of 1 document", "Committing 1 edit", CPU_PER_EDIT),
    ("commit", "20 edits of 1 document", "Committing 20 edits of one document", CPU_PER_EDIT),
    ("commit", "200 edits of 1 document", "Committing 200 edits of one document", CPU_PER_EDIT),
    (
        "commit",
        "200 edits of 200 documents",
        "Committing 200 edits of 200 documents",
        CPU_PER_EDIT,
    ),
    (
        "S5-5000",
        "collab",
        "A connection, one of 5,000 idle ones",
        (
            Column("µs of CPU to open", "cpu_us_per_connect"),
            Column("kB of memory", "resident_kb_per_connection"),
        ),
    ),
    (
        "joins",
        "100 joins",
        "A join, one of 100 within a second to one document",
        (Column("µs of CPU", "cpu_us_per_join"), Column("bytes", "bytes_per_join")),
    ),
    ("resume", "joined anew", "Joining a document of 50,000 characters", RESUMED),
    ("resume", "10 edits missed", "Resuming the same document 10 edits behind", RESUMED),
    ("resume", "1000 edits missed", "Resuming it 1,000 edits behind", RESUMED),
    (
        "opening",
        "collab",
        "Opening a document of 100,000 characters and 260,000 edits that is not in memory",
        (Column("ms of CPU", "cold_cpu_ms", 1), Column("bytes", "cold_bytes")),
    ),
    (
        "memory",
        "0 recent edits each",
        "A document of 10,000 characters in memory",
        (Column("kB", "kb_per_document"),),
    ),
    (
        "memory",
        "100 recent edits each",
        "The same with 100 recent edits",
        (Column("kB", "kb_per_document"),),
    ),
    *(
        ("growth", case, what, (Column("times the CPU of an edit", "ratio", 2),))
        for case, what in (
            ("characters", "An edit in a document of 10,000,000 characters, not 1,000"),
            ("documents", "An edit with 10,000 documents in use, not 1"),
            ("edits before", "An edit after 1,000,000 edits, not 1"),
        )
    ),
)
BESIDE_THE_FLOOR = ("S1-100", "S1-400", "S2", "S3", "S4")
FAST_TYPIST = 10


def machine(results: Results) -> str:
    found, options = results.head["machine"], results.head["options"]
    runs = max(len(runs) for cases in results.runs.values() for runs in cases.values())
    packages = ", ".join(f"{name} {found[name]}" for name in ("uvloop", "uvicorn", "websockets"))
    measured = f"medians of {runs} runs" if runs > 1 else "one run"
    others = [results.medians(name, "collab").get("others_cpu_percent") for name in results.runs]
    busy = statistics.median(each for each in others if each is not None)
    kernel = str(found["kernel"]).partition("-")[0]
    return (
        f"Measured {results.head['at'][:10]} on {found['processors']} processors "
        f"({found['model']}), {found['memory_gib']} GiB, Linux {kernel}, "
        f"Python {found['python']}, {packages}; {measured} of "
        f"{options['seconds']:g} s after {options['warm_seconds']:g} s of warming up. Other "
        f"programs used {busy:.0f} % of a core meanwhile.\n"
    )


def beside_the_floor(results: Results) -> str:
    rows = []
    for name in BESIDE_THE_FLOOR:
        ours, floor = results.medians(name, "collab"), results.medians(name, "floor")
        if not ours or not floor:
            continue
        key, unit = measured_figure(name)
        loop = ours["loop_cpu_us_per_delivery"] / ours["server_cpu_us_per_delivery"]
        whole, least = ours[key], floor[key]
        rows.append(
            [
                f"{name}: {results.titles[name]}",
                unit,
                *(number(each, 2) for each in (whole, whole * loop, least)),
                *(number(each, 2) for each in (whole / least, whole * loop / least)),
            ]
        )
    head = ["scenario", "CPU", "collab", "event loop only", "bare server"]
    return markdown([*head, "collab / bare", "event loop / bare"], rows)


def people(results: Results) -> str:
    """The number of people who can type concurrently on one core."""
    told = []
    documents, paced = results.medians("S3", "collab"), results.medians("S4", "collab")
    options = results.head["options"]
    if documents:
        each = documents["server_cpu_us_per_edit"]
        told.append(
            f"- Two people to a document, one of them typing fast ({FAST_TYPIST} edits a second): "
            f"{each:.0f} µs for each edit. A core's worth of CPU time carries "
            f"{_typists(each, FAST_TYPIST)} people who type at the same moment, each in a document "
            "of their own."
        )
    if paced:
        each, rate = paced["server_cpu_us_per_edit"], options["edits_per_second"]
        told.append(
            f"- {options['members']} people in one document, each typing {rate:g} edits a second: "
            f"{each:.0f} µs for each edit, {paced['server_cpu_percent']:.0f} % of a core for the "
            f"room. A core's worth of CPU time carries {_typists(each, rate)} people typing at the "
            f"same moment in such rooms. Half of their edits are seen by the others after "
            f"{paced['latency_p50_ms']:.1f} ms, 99 of 100 after {paced['latency_p99_ms']:.1f} ms."
        )
    for readers in options["readers"]:
        found = results.medians(f"S1-{readers}", "collab")
        if found:
            share = found["server_cpu_us_per_edit"] * FAST_TYPIST / 1e4
            told.append(
                f"- One person who types fast before {readers} readers: {share:.1f} % of a core."
            )
    room = results.medians("S2", "collab")
    if room:
        told.append(
            f"- A room of {options['writers']} programs that write as fast as they are let: "
            f"{room['edits_per_second']:,.0f} durable edits a second, which is "
            f"{room['deliveries_per_second']:,.0f} deliveries."
        )
    return "\n".join(told) + "\n"


def _typists(cpu_us_per_edit: float, rate: float) -> str:
    count = 1e6 / cpu_us_per_edit / rate
    return f"{round(count, -1 if count >= 100 else 0):,.0f}"


def beside_others(results: Results, peers: Peers) -> str:
    """A table with a row for each figure of a scenario, and a column for each server."""
    found = {name: with_ours(results, peers, name) for name in peers.scenarios}
    servers = {server: None for servers in found.values() for server in servers}
    ordered = sorted(servers, key=lambda server: not server.startswith("collab"))
    rows = [
        [name, each.heading, *(_figure(found[name].get(server), each) for server in ordered)]
        for name, columns in COMPARED.items()
        for each in columns
        if name in found
    ]
    footnote = "¹ In another run, by this package's own generator.\n"
    own_run = any("collab" in servers for servers in found.values())
    versions = (f"{name}: {each}" for name, each in peers.head["servers"].items() if each)
    return "\n".join(
        [
            f"Medians of {peers.head['repeat']} runs, {peers.head['at'][:10]}, "
            f"{peers.head['machine']}.\n",
            markdown(["", "", *ordered], rows),
            *([] if own_run else [footnote]),
            f"Versions: {'; '.join(versions)}.\n",
        ]
    )


def _figure(figures: Figures | None, column: Column) -> str:
    return number((figures or {}).get(column.figure), column.digits)


def costs(results: Results) -> str:
    """The costs of single actions: a table with a row for each measured case."""
    rows = []
    for name, case, what, shown in COSTS:
        found = results.medians(name, case)
        figures = (f"{_figure(found, each)} {each.heading}" for each in shown)
        if found:
            rows.append([what, ", ".join(figures)])
    return markdown(["what", "cost"], rows)


def page(text: str, results: Results, peers: Peers | None) -> str:
    """The page with its generated parts replaced.

    Raises:
        ValueError: the marks of a part are missing.
    """
    made = {
        "machine": machine(results),
        "people": people(results),
        "floor": beside_the_floor(results),
        "others": beside_others(results, peers) if peers else "",
        "costs": costs(results),
    }
    for name, part in made.items():
        begin, end = f"<!-- {name}: made by benchmarks.fanout.report -->", f"<!-- end: {name} -->"
        if begin not in text or end not in text:
            raise ValueError(f"the page lacks the marks of its part {name!r}")
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}\n\n{part}\n{end}{rest.partition(end)[2]}"
    return text


def make(folder: Path, page_path: Path) -> list[Path]:
    """Write tables, plots and the page; returns the files."""
    results = Results.read(folder / "latest.json")
    peers_path = folder / "peers.json"
    peers = Peers.read(peers_path) if peers_path.exists() else None
    table = folder / "latest.md"
    table.write_text(f"{machine(results)}\n{tables(results)}", encoding="utf-8")
    text = page_path.read_text(encoding="utf-8")
    page_path.write_text(page(text, results, peers), encoding="utf-8")
    return [table, page_path, *draw_all(results, peers, folder)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, help="JSON of the other servers' generator")
    given = parser.parse_args()
    if given.peers:
        Peers.of_generator(given.peers).write(FOLDER / "peers.json")
    for path in make(FOLDER, PAGE):
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
