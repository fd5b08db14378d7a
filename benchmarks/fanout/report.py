"""Tables, pictures and docs/performance.md from the figures: `python -m benchmarks.fanout.report`.

Its input is benchmarks/results/: latest.json, which `python -m benchmarks.fanout` has written,
peers.json and the profiles. `--peers FILE` takes over the JSON of the other servers' generator.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterable
from pathlib import Path

from .load import Figures
from .peers import Peers
from .plot import draw_all, measured_figure, with_ours
from .results import FOLDER, Results
from .table import Column, markdown, number, tables

__all__ = ["PAGE", "make", "page"]

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"

THEIR_COLUMNS = {
    "S5": (Column("kB/connection (RSS)", "resident_kb_per_connection", 1),),
    "S6": (
        Column("first join ms", "first_join_ms", 1),
        Column("median join ms", "join_ms", 1),
        Column("bytes received", "join_bytes"),
    ),
    "S7": (
        Column("confirmed edits", "acknowledged_edits"),
        Column("missing after restart", "missing_edits"),
    ),
}
THEIR_LOAD = (
    Column("edits/s", "edits_per_second"),
    Column("deliveries/s", "deliveries_per_second"),
    Column("server CPU µs/edit", "server_cpu_us_per_edit", 1),
    Column("server CPU µs/delivery", "server_cpu_us_per_delivery", 2),
    Column("p50 ms", "latency_p50_ms", 2),
    Column("p99 ms", "latency_p99_ms", 2),
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
    head = ["scenario", "CPU", "collab", "of it the event loop's", "bare server"]
    return markdown([*head, "collab to bare", "event loop to bare"], rows)


def people(results: Results) -> str:
    """How many can type at once on one core."""
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
    parts = [
        f"Medians of {peers.head['repeat']} runs, {peers.head['at'][:10]}, "
        f"{peers.head['machine']}.\n"
    ]
    for name in peers.scenarios:
        found = with_ours(results, peers, name)
        shown = THEIR_COLUMNS.get(name.partition("-")[0], THEIR_LOAD)
        title = results.titles.get(name) or results.titles.get(f"{name}-1000", "")
        heading = f"### {name} of all servers: {title}\n"
        parts += [heading, markdown(["", *(each.heading for each in shown)], _rows(found, shown))]
    if not any("collab" in found for found in peers.scenarios.values()):
        parts.append("¹ In another run, by this package's own generator.\n")
    versions = peers.head["servers"].items()
    parts.append(markdown(["server", "version"], ([name, each or ""] for name, each in versions)))
    return "\n".join(parts)


def _rows(found: dict[str, Figures], shown: Iterable[Column]) -> list[list[str]]:
    ordered = sorted(found, key=lambda server: not server.startswith("collab"))
    return [
        [server, *(number(found[server].get(each.figure), each.digits) for each in shown)]
        for server in ordered
    ]


def profiled(folder: Path) -> str:
    parts = []
    for path in sorted(folder.glob("profile-*.md")):
        parts.append(f"### {path.stem.removeprefix('profile-')}\n")
        parts.append(path.read_text(encoding="utf-8"))
    return "\n".join(parts)


def page(text: str, results: Results, peers: Peers | None, folder: Path) -> str:
    """The page with its made parts made anew.

    Raises:
        ValueError: a part's marks are missing.
    """
    made = {
        "machine": machine(results),
        "people": people(results),
        "floor": beside_the_floor(results),
        "others": beside_others(results, peers) if peers else "",
        "profiles": profiled(folder),
        "figures": tables(results),
    }
    for name, part in made.items():
        begin, end = f"<!-- {name}: made by benchmarks.fanout.report -->", f"<!-- end: {name} -->"
        if begin not in text or end not in text:
            raise ValueError(f"the page lacks the marks of its part {name!r}")
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}\n\n{part}\n{end}{rest.partition(end)[2]}"
    return text


def make(folder: Path, page_path: Path) -> list[Path]:
    """Write tables, pictures and the page; returns the files."""
    results = Results.read(folder / "latest.json")
    peers_path = folder / "peers.json"
    peers = Peers.read(peers_path) if peers_path.exists() else None
    table = folder / "latest.md"
    table.write_text(f"{machine(results)}\n{tables(results)}", encoding="utf-8")
    text = page_path.read_text(encoding="utf-8")
    page_path.write_text(page(text, results, peers, folder), encoding="utf-8")
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
