"""The page of limits has every limit, with its default and a test that there is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from collab.settings import Settings

from .settings_table import figure

ROOT = Path(__file__).parents[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "limits.md").read_text(encoding="utf-8").splitlines()
    # The tables of limits: others have no setting of its own in the second column.
    if re.match(r"\|[^|]+\| `\w+` \|", line)
]
NAMED_AS_LIMIT = re.compile(
    r"^max_|_burst$|_per_second$|_timeout_seconds$|_loop_share$|_loop_burst_seconds$"
)


def test_every_limit_is_on_the_page() -> None:
    limits = {name for name in Settings.model_fields if NAMED_AS_LIMIT.search(name)}
    assert len(limits) > 25
    assert {row[1].strip("`") for row in ROWS} == limits


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_limit_is_as_the_page_says(row: list[str]) -> None:
    _, setting, default, seen, stays, shown_by = row
    assert figure(setting.strip("`")) == default
    assert seen
    assert stays in ("yes", "no", "")
    path, _, name = shown_by.strip("`").partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    assert name in {node.name for node in tree.body if isinstance(node, functions)}
