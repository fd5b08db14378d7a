"""The table of docs/operations.md, made from what `/metrics` shows.

After a change of collab/api/collector.py: `python -m tests.repository.metrics_table`
"""

from __future__ import annotations

from pathlib import Path

import click
from prometheus_client.core import Metric

from collab.api.collector import ManagerCollector
from collab.app import Collab
from collab.settings import Settings

__all__ = ["PAGE", "metrics", "with_table"]

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"

BEGIN = "<!-- the table: made by tests/repository/metrics_table.py -->\n"
END = "<!-- end of the table -->\n"


def metrics() -> list[Metric]:
    """What is shown of an application that was never opened."""
    app = Collab(Settings(database="sqlite://"))
    return sorted(ManagerCollector(app.manager).collect(), key=lambda metric: metric.name)


def with_table(page: str) -> str:
    """The page with the table as it should be."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def table() -> str:
    lines = ["| metric | type | label | meaning |", "|---|---|---|---|"]
    for metric in metrics():
        total = "_total" if metric.type == "counter" else ""
        labels = {name for sample in metric.samples for name in sample.labels} - {"le"}
        named = ", ".join(f"`{label}`" for label in sorted(labels))
        meaning = metric.documentation
        lines.append(f"| `{metric.name}{total}` | {metric.type} | {named} | {meaning} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    click.echo(f"{PAGE} is up to date")
