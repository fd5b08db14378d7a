"""The rules for Prometheus ask for what there is to be asked for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client.core import Metric

from collab.app import Collab
from collab.settings import Settings
from tests.repository.test_documentation import rows

ROOT = Path(__file__).parents[2]
RULES = (ROOT / "examples" / "deploy" / "alerts.yml").read_text(encoding="utf-8")
EXPRESSIONS = re.findall(r"^ +expr: (.*)$", RULES, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def metrics() -> list[Metric]:
    """What an application shows that has done nothing yet."""
    return list(Collab(Settings(database="sqlite://")).registry.collect())


def test_there_is_an_expression_for_each_rule() -> None:
    assert len(EXPRESSIONS) == RULES.count("- alert: ") > 5


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_rule_names_samples_that_there_are(expression: str, metrics: list[Metric]) -> None:
    samples = {sample.name for metric in metrics for sample in metric.samples}
    named = set(re.findall(r"\b(?:collab|process)_\w+", expression))
    assert named - samples == set()
    assert named or expression.startswith("up{")


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_rule_names_labels_and_values_that_there_are(
    expression: str, metrics: list[Metric]
) -> None:
    for name, label, values in re.findall(r'(collab_\w+)\{(\w+)[!=~]+"([^"]*)"\}', expression):
        known = {
            sample.labels[label]
            for metric in metrics
            for sample in metric.samples
            if sample.name == name
        }
        assert set(values.split("|")) <= known


def test_no_page_tells_of_another_metric() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    table = {row[0].strip("`") for row in rows(page)}
    mentioned = set(re.findall(r"`(collab_\w+)`", page))
    assert mentioned <= table
