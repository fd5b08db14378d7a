"""The defaults that the documentation states, made from the settings themselves.

docs/settings.md gets its table. In docs/limits.md, and wherever a page has a number followed by the
setting's name in parentheses ("4 KiB (`max_presence_bytes`)"), the number becomes the default.

After a change of collab/settings.py: `python -m tests.repository.settings_table`
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from collab.cli.serve import serve
from collab.settings import Settings

__all__ = ["PAGE", "PAGES", "expected", "figure", "with_defaults"]

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "settings.md"
# The changelog states what a default was at the time.
PAGES = [
    path
    for path in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")))
    if path.name != "CHANGELOG.md"
]

BEGIN = "<!-- the table: made by tests/repository/settings_table.py -->\n"
END = "<!-- end of the table -->\n"

# Of the numbers whose name doesn't end in their unit.
UNITS = {
    "snapshot_bytes_per_operation": "bytes",
    "snapshot_spacing_bytes_per_operation": "bytes",
    "snapshots_kept": "snapshots",
    "port": "",
    "max_open_documents": "documents",
    "max_open_size": "units or bytes",
    "max_address_open_size": "units or bytes",
    "max_documents": "documents",
    "max_document_grants": "grants",
    "max_document_links": "links",
    "max_document_size": "units or bytes",
    "max_operation_values": "values",
    "max_component_attributes": "attributes",
    "max_attribute_depth": "levels",
    "max_connections": "connections",
    "max_document_connections": "connections",
    "max_address_connections": "connections",
    "max_handshakes": "connections",
    "max_waiting_requests": "requests",
    "address_requests_per_second": "requests per second",
    "address_requests_burst": "requests",
    "user_requests_per_second": "requests per second",
    "user_requests_burst": "requests",
    "address_loop_share": "of the event loop's time",
    "user_loop_share": "of the event loop's time",
    "joins_per_second": "connections per second",
    "joins_burst": "connections",
    "creations_per_second": "documents per second",
    "creations_burst": "documents",
    "restores_per_second": "versions per second",
    "restores_burst": "versions",
    "edits_per_second": "edits per second",
    "edits_burst": "edits",
    "edit_cost_per_second": "cost per second",
    "edit_cost_burst": "cost",
    "presences_per_second": "frames per second",
    "presences_burst": "frames",
    "min_drain_bytes_per_second": "bytes per second",
    "max_outbox_frames": "frames",
    "max_bad_frames": "frames",
}
SUFFIXES = ("cost", "fragments", "operations", "components", "bytes", "seconds", "days")

SIZES = {"MiB": 2**20, "KiB": 2**10, "MB": 10**6, "kB": 10**3}

# `4 KiB (`, `5,000 at once (`, `20 in a row (the setting `, and then one or more names.
MENTION = re.compile(
    r"(?P<value>\d[\d,.]*(?: (?:KiB|MiB|MB|kB|bytes|s|days)\b)?)"
    r"(?P<words>[^|()\d.;]{0,80}\((?:the setting )?)"
    r"(?P<names>`\w+`(?:, `\w+`)*\))"
)
# A row of a table of limits: what, setting, default.
ROW = re.compile(r"^(\|[^|\n]+\| `(\w+)` \|) [^|\n]+ \|", re.MULTILINE)


def figure(name: str) -> str:
    """The default of a setting that is a number, as a person writes it: `16 MiB`, `5,000`, `10 s`.

    A rate is the number before "per second", which the page says in its own words.
    """
    value = Settings.model_fields[name].default
    if "_bytes_per_" in name:
        return f"{value:,.15g} bytes"
    unit = "" if "_per_" in name else name.rpartition("_")[2]
    if unit == "bytes":
        for size, count in SIZES.items():
            if value and value % count == 0:
                return f"{value // count:,} {size}"
        return f"{value:,} bytes"
    return f"{value:,.15g}" + {"seconds": " s", "days": " days"}.get(unit, "")


def with_defaults(page: str) -> str:
    """The page with the defaults that it states as they are.

    Raises:
        ValueError: a number stands for several settings whose defaults differ.
    """
    return MENTION.sub(_mention, page)


def with_column(page: str) -> str:
    """The page with the third column of its tables of limits as it should be."""
    return ROW.sub(lambda row: f"{row[1]} {figure(row[2])} |", page)


def _mention(mention: re.Match[str]) -> str:
    names = re.findall(r"`(\w+)`", mention["names"])
    if any(not _is_number(name) for name in names):
        return mention[0]
    figures = {figure(name) for name in names}
    if len(figures) > 1:
        raise ValueError(f"one number for {', '.join(names)}, whose defaults are {figures}")
    return f"{figures.pop()}{mention['words']}{mention['names']}"


def _is_number(name: str) -> bool:
    field = Settings.model_fields.get(name)
    return field is not None and field.annotation in (int, float)


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


def expected(path: Path) -> str:
    """What a page should be."""
    text = path.read_text(encoding="utf-8")
    if path == PAGE:
        return with_table(text)
    return with_defaults(with_column(text) if path.name == "limits.md" else text)


if __name__ == "__main__":
    for path in PAGES:
        path.write_text(expected(path), encoding="utf-8")
    click.echo("the documentation states the defaults of collab/settings.py")
