"""Everybody who takes part does the same work, and ends with the same content."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.ot.contenders import Collab, Node, Pycrdt, node_process
from benchmarks.ot.process import missing
from benchmarks.ot.workloads import (
    Patch,
    Workload,
    composing,
    keystrokes,
    list_keystrokes,
    replays,
)

NO_NODE = missing("quill-delta", "ot-json0") or ""

TXNS = [
    {"patches": [[0, 0, "漢😀b"]]},
    {"patches": [[1, 1, "xy"], [4, 0, "\n"]]},
    {"patches": [[0, 2, ""]]},
]


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "short.json.gz"
    path.write_bytes(gzip.compress(json.dumps({"txns": TXNS, "endContent": "yb\n"}).encode()))
    return path


def works(trace: Path) -> list[tuple[Workload, str]]:
    texts = [*replays(trace), composing(trace), keystrokes()[0]]
    made = [(workload, form) for workload in texts for form in ("text", "richtext", "json")]
    return [*made, (list_keystrokes()[0], "list")]


def outcome(contender: Any, workload: Workload) -> Any:
    contender.prepare(workload)
    for _ in range(2):
        assert contender.run() >= 0
    return contender.end()


def test_this_package_does_all_of_the_work(trace: Path) -> None:
    for workload, form in works(trace):
        assert outcome(Collab(form), workload) == workload.end


@pytest.mark.skipif(bool(NO_NODE), reason=NO_NODE)
def test_the_libraries_under_node_do_all_of_the_work(trace: Path) -> None:
    with node_process() as node:
        for workload, form in works(trace):
            library = "quill-delta" if form in ("text", "richtext") else "ot-json0"
            assert outcome(Node(node, library, form), workload) == workload.end


def test_pycrdt_applies_it(trace: Path) -> None:
    for workload, form in works(trace):
        if form in ("text", "list") and workload.task in ("apply", "list"):
            assert outcome(Pycrdt(), workload) == workload.end


def test_offsets_are_told_in_utf_16_units_and_in_bytes(trace: Path) -> None:
    workload, _ = replays(trace)
    assert workload.steps == [
        (Patch(0, 0, "", "漢😀b"),),
        (Patch(1, 3, "😀", "xy"),),
        (Patch(4, 6, "", "\n"),),
        (Patch(0, 0, "漢x", ""),),
    ]
