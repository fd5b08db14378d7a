"""The tables of docs/settings.md, made from the settings themselves.

After a change of collab/settings.py: `python -m tests.repository.settings_table`
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from collab.cli.serve import serve
from collab.settings import Settings

__all__ = ["PAGE", "with_table"]

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"

BEGIN = "<!-- the table: made by tests/repository/settings_table.py -->\n"
END = "<!-- end of the table -->\n"

# Of the numbers whose name doesn't end in their unit.
UNITS = {
    "snapshot_bytes_per_operation": "bytes",
    "snapshot_spacing_bytes_per_operation": "bytes",
    "snapshots_kept": "snapshots",
    "port": "",
    "documents_maximum": "documents",
    "stored_documents_maximum": "documents",
    "document_grants_maximum": "grants",
    "document_links_maximum": "links",
    "document_maximum_size": "units or bytes",
    "operation_maximum_values": "values",
    "component_maximum_attributes": "attributes",
    "attribute_maximum_depth": "levels",
    "connections_maximum": "connections",
    "document_connections_maximum": "connections",
    "address_connections_maximum": "connections",
    "handshakes_maximum": "connections",
    "requests_waiting_maximum": "requests",
    "address_requests_per_second": "requests per second",
    "address_requests_burst_maximum": "requests",
    "user_requests_per_second": "requests per second",
    "user_requests_burst_maximum": "requests",
    "address_loop_share": "of the event loop's time",
    "user_loop_share": "of the event loop's time",
    "joins_per_second": "connections per second",
    "joins_burst_maximum": "connections",
    "creations_per_second": "documents per second",
    "creations_burst_maximum": "documents",
    "restores_per_second": "versions per second",
    "restores_burst_maximum": "versions",
    "edits_per_second": "edits per second",
    "edits_burst_maximum": "edits",
    "edit_steps_per_second": "steps per second",
    "edit_steps_burst_maximum": "steps",
    "presences_per_second": "frames per second",
    "presences_burst_maximum": "frames",
    "drain_minimum_bytes_per_second": "bytes per second",
    "outbox_maximum_frames": "frames",
    "bad_frames_maximum": "frames",
}
SUFFIXES = ("steps", "fragments", "operations", "components", "bytes", "seconds", "days")


def with_table(page: str) -> str:
    """The page with the table as it should be."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def table() -> str:
    options = {parameter.name for parameter in serve.params}
    lines = ["| setting | default | unit | range | meaning |", "|---|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        star = " *" if name in options else ""
        cells = [f"`{name}`{star}", default(field), unit(name, field), limits(field)]
        lines.append(f"| {' | '.join([*cells, str(field.description)])} |")
    return "\n".join(lines) + "\n"


def default(field: FieldInfo) -> str:
    value: Any = field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value in ("", ()):
        return "none"
    return f"`{json.dumps(value) if isinstance(value, tuple) else value}`"


def unit(name: str, field: FieldInfo) -> str:
    if field.annotation not in (int, float):
        return ""
    suffix = name.rpartition("_")[2]
    return suffix if suffix in SUFFIXES else UNITS[name]


def limits(field: FieldInfo) -> str:
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{each}`" for each in get_args(field.annotation))
    bounds = {
        sign: getattr(each, attribute)
        for each in field.metadata
        for attribute, sign in (("ge", "from"), ("gt", "above"), ("le", "to"))
        if hasattr(each, attribute)
    }
    return " ".join(f"{sign} {value}" for sign, value in bounds.items())


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    click.echo(f"{PAGE} is up to date")
