"""How the log looks: one record a line, as text or as JSON, and no token in it.

The program logs by the standard library; what a record is about stands in its `extra`: `doc_id`,
`connection_id` and others. Records of other packages look the same.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections import Counter
from typing import Any

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from .redaction import without_tokens

__all__ = ["Damper", "JSONFormatter", "TextFormatter", "start_logging", "use_format"]

# uvicorn's, which is its message again.
_RESERVED = frozenset({*RESERVED_ATTRS, "color_message"})

_PLAIN = re.compile(r"[\w.~:/@+-]+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class TextFormatter(logging.Formatter):
    """`2026-01-31 12:00:00,000 INFO collab.manager: joined [doc_id=notes client_id=a]`

    The lines of a traceback follow theirs.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    # The name is that of logging's own method.
    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        # Nobody can make up a line by what they are called.
        record.message = _CONTROL.sub(lambda found: repr(found[0])[1:-1], record.message)
        fields = {key: record.__dict__[key] for key in record.__dict__ if key not in _RESERVED}
        about = " ".join(f"{key}={_quoted(value)}" for key, value in fields.items())
        return super().formatMessage(record) + (f" [{about}]" if about else "")

    def format(self, record: logging.LogRecord) -> str:
        return without_tokens(super().format(record))


def _quoted(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


class JSONFormatter(JsonFormatter):
    """An object with `time` (RFC 3339, UTC), `level`, `logger`, `message`, what it is about, and
    `exception` if there is one."""

    def __init__(self) -> None:
        super().__init__(
            ["levelname", "name", "message"],
            rename_fields={"levelname": "level", "name": "logger", "exc_info": "exception"},
            reserved_attrs=tuple(_RESERVED),
            timestamp="time",
        )

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        fields = {key: _without_tokens(log_data[key]) for key in log_data}
        return {"time": fields.pop("time"), **fields}


def _without_tokens(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return without_tokens(value.isoformat() if hasattr(value, "isoformat") else str(value))


FORMATTERS: dict[str, type[logging.Formatter]] = {"text": TextFormatter, "json": JSONFormatter}


class Damper(logging.Filter):
    """Lets only so many records of one kind pass in a second: nobody fills the disk by being
    refused again and again.

    What was left out is told by the next record, as `suppressed`.

    Args:
        maximum: records of one kind, which is those of one logger and one message before its
            arguments are put in; also the most kinds in a second, all others being one.
    """

    def __init__(self, maximum: int = 100) -> None:
        super().__init__()
        self._maximum = maximum
        self._second = 0
        self._passed: Counter[tuple[str, str]] = Counter()
        self._suppressed = 0

    def filter(self, record: logging.LogRecord) -> bool:
        second = int(record.created)
        if second != self._second:
            self._second = second
            self._passed.clear()
        kind = (record.name, str(record.msg))
        if kind not in self._passed and len(self._passed) >= self._maximum:
            kind = ("", "")
        self._passed[kind] += 1
        if self._passed[kind] > self._maximum:
            self._suppressed += 1
            return False
        if self._suppressed:
            record.suppressed, self._suppressed = self._suppressed, 0
        return True


class _Handler(logging.StreamHandler[Any]):
    """The program's own, so that it is found again."""


def start_logging() -> None:
    """Log warnings and errors to standard error, unless somebody has set up something else."""
    handler = _Handler(sys.stderr)
    handler.setFormatter(TextFormatter())
    handler.addFilter(Damper())
    logging.basicConfig(handlers=[handler])
    logging.getLogger("alembic").setLevel(logging.WARNING)


def use_format(log_format: str, level: str) -> None:
    """From now on, log in this format, and what is of this level at least."""
    root = logging.getLogger()
    root.setLevel(level.upper())
    for handler in root.handlers:
        if isinstance(handler, _Handler):
            handler.setFormatter(FORMATTERS[log_format]())
    if level == "info":
        # It logs every handshake, as the program itself does, but by address only.
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
