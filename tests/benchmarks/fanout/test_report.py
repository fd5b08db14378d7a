"""Tables, pictures and the page are made from the figures, and the page is up to date with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.fanout.options import Options
from benchmarks.fanout.peers import Peers
from benchmarks.fanout.report import PAGE, beside_others, make, page
from benchmarks.fanout.results import FOLDER, Results
from benchmarks.fanout.table import markdown, number, tables

LOAD = {
    "edits_per_second": 1234.5,
    "deliveries_per_second": 2345.6,
    "server_cpu_us_per_edit": 100.0,
    "server_cpu_us_per_delivery": 5.0,
    "loop_cpu_us_per_delivery": 4.0,
    "server_cpu_percent": 50.0,
    "others_cpu_percent": 1.0,
    "latency_p50_ms": 1.0,
    "latency_p99_ms": 2.0,
}
GROWTH = {
    "amount_a": 1,
    "cpu_us_low": 10.0,
    "amount_b": 10,
    "cpu_us_middle": 11.0,
    "amount_c": 100,
    "cpu_us_high": 12.0,
    "ratio": 1.2,
}


@pytest.fixture
def results() -> Results:
    found = Results(Options())
    for name in ("S1-100", "S2", "S3", "S4"):
        for case, factor in (("collab", 2), ("floor", 1), ("collab", 4), ("collab", 3)):
            figures = {key: value * factor for key, value in LOAD.items()}
            found.add(name, f"title of {name}", case, figures)
    found.add("growth", "growth", "characters", GROWTH)
    return found


@pytest.fixture
def peers(tmp_path: Path) -> Peers:
    medians = {"cpuUsPerDelivery": 8.05, "cpuUsPerEdit": 80.0, "latencyMs.p50": 0.54, "other": 1}
    kept: dict[str, Any] = {
        "at": "2026-01-02T03:04:05Z",
        "repeat": 3,
        "machine": {"cpus": 2, "model": "some ", "kernel": "6.1.2-x", "node": "v22"},
        "servers": {"sharedb": {"version": "sharedb 7"}},
        "medians": {"S2": {"sharedb": medians}},
    }
    path = tmp_path / "generator.json"
    path.write_text(json.dumps(kept))
    return Peers.of_generator(path)


def test_results_are_read_as_they_were_written(results: Results, tmp_path: Path) -> None:
    results.write(tmp_path / "results" / "latest.json")
    again = Results.read(tmp_path / "results" / "latest.json")
    assert (again.head["options"]["writers"], again.runs) == (20, results.runs)
    assert again.medians("S2", "collab")["server_cpu_us_per_edit"] == 300.0
    assert again.medians("S2", "nobody") == {}


def test_a_table_has_a_row_for_each_case(results: Results) -> None:
    text = tables(results)
    assert "### S2: title of S2" in text
    assert "| collab | 3,704 | 7,037 | 300.0 | 15.00 | 12.00 |" in text
    assert "| floor | 1,234 | 2,346 | 100.0 | 5.00 | 4.00 |" in text


def test_a_figure_that_is_missing_is_a_dash() -> None:
    assert (number(None), number(float("nan")), number(1234.56, 1)) == ("-", "-", "1,234.6")
    assert markdown(["a", "b"], [["x", "1"]]) == "| a | b |\n| --- | ---: |\n| x | 1 |\n"


def test_other_servers_are_shown_beside_ours(results: Results, peers: Peers) -> None:
    text = beside_others(results, peers)
    assert "|  |  | collab ¹ | sharedb |" in text
    assert "| S2 | server CPU, µs per delivery | 15.00 | 8.05 |" in text
    assert "Versions: sharedb: sharedb 7." in text
    peers.scenarios["S2"]["collab"] = {"server_cpu_us_per_delivery": 3.0}
    assert "¹" not in beside_others(results, peers)


def test_tables_pictures_and_page_are_made(results: Results, peers: Peers, tmp_path: Path) -> None:
    results.write(tmp_path / "latest.json")
    peers.write(tmp_path / "peers.json")
    page_path = tmp_path / "page.md"
    page_path.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    files = make(tmp_path, page_path)
    pictures = {f"{name}.svg" for name in ("floor", "peers", "growth")}
    assert {path.name for path in files} == {"latest.md", "page.md", *pictures}
    assert b"<svg" in (tmp_path / "floor.svg").read_bytes()
    made = {path: path.read_bytes() for path in files}
    assert b"sharedb 7." in made[page_path]
    assert b"not 1,000 | 1.20 times the CPU of an edit |" in made[page_path]
    again = page(page_path.read_text(encoding="utf-8"), results, peers)
    assert again.encode() == made[page_path]


def test_the_page_is_that_of_the_latest_figures() -> None:
    text = PAGE.read_text(encoding="utf-8")
    results = Results.read(FOLDER / "latest.json")
    made = page(text, results, Peers.read(FOLDER / "peers.json"))
    assert made == text, "run: python -m benchmarks.fanout.report"


def test_a_page_without_the_marks_is_refused(results: Results) -> None:
    with pytest.raises(ValueError, match="marks of its part 'machine'"):
        page("nothing", results, None)
