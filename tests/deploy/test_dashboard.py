"""The Grafana dashboard: each expression names metrics and labels that there are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.core import Metric

from collab.app import Collab
from collab.settings import Settings

FILE = Path(__file__).parents[2] / "examples" / "deploy" / "grafana-dashboard.json"
DASHBOARD: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
TARGETS = [target for panel in PANELS for target in panel["targets"]]
QUERIES = [
    variable["query"] for variable in DASHBOARD["templating"]["list"] if variable["type"] == "query"
]
EXPRESSIONS = [target["expr"] for target in TARGETS] + QUERIES
# The labels that Prometheus itself adds to what it reads.
ADDED = {"job", "instance", "le"}
VARIABLES = {variable["name"] for variable in DASHBOARD["templating"]["list"]}


@pytest.fixture(scope="module")
def metrics() -> list[Metric]:
    """What an application shows that has done nothing yet."""
    return list(Collab(Settings(database="sqlite://")).registry.collect())


def labels(metrics: list[Metric]) -> dict[str, set[str]]:
    """The labels of each sample by its name."""
    found: dict[str, set[str]] = {}
    for metric in metrics:
        for sample in metric.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_names_samples_and_labels_that_there_are(
    expression: str, metrics: list[Metric]
) -> None:
    known = labels(metrics)
    names = set(re.findall(r"\b(?:collab|process)_\w+", expression))
    assert names
    assert names <= set(known)
    theirs = set().union(*(known[name] for name in names)) | ADDED
    for found in re.findall(r"by \(([^)]*)\)", expression):
        assert set(found.split(", ")) <= theirs
    for matchers in re.findall(r"\{([^}]*)\}", expression):
        assert set(re.findall(r"(\w+)=~?\"", matchers)) <= theirs


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target["expr"][:40])
def test_a_legend_names_labels_that_the_expression_keeps(target: dict[str, str]) -> None:
    kept = set(re.findall(r"\w+", " ".join(re.findall(r"by \(([^)]*)\)", target["expr"]))))
    if not re.search(r"\b(sum|count|histogram_quantile)\b", target["expr"]):
        kept |= ADDED
    assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= kept


def test_every_variable_is_defined() -> None:
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(DASHBOARD)))
    assert used - {"__rate_interval", "__all"} == VARIABLES


def test_every_metric_is_shown(metrics: list[Metric]) -> None:
    shown = " ".join(EXPRESSIONS)
    counters = {m.name + "_total" if m.type == "counter" else m.name for m in metrics}
    assert {name for name in counters if name.startswith("collab_") and name not in shown} == set()


def test_panels_have_places_of_their_own() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in PANELS:
        place = panel["gridPos"]
        columns = range(place["x"], place["x"] + place["w"])
        cells = {(x, y) for x in columns for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken, panel["title"]
        assert max(columns) < 24
        taken |= cells
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
