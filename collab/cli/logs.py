"""Formatting of the log: one record per line, as text or JSON, without tokens.

Records have their fields, such as `doc_id` and `connection_id`, in the `extra` of the standard
library's logging. Records of other packages are formatted the same way.
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

__all__ = ["JSONFormatter", "RateLimitFilter", "TextFormatter", "start_logging", "use_format"]

# uvicorn adds its message again as `color_message`.
_RESERVED = frozenset({*RESERVED_ATTRS, "color_message"})

_PLAIN = re.compile(r"[\w.~:/@+-]+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class TextFormatter(logging.Formatter):
    """`2026-01-31 12:00:00,000 INFO collab.sessions.connections: joined [doc_id=notes client_id=a]`

    The lines of a traceback follow.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    # Overrides the method of `logging`.
    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        # Escaping control characters prevents forged log lines.
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
    """A JSON object with `time` (RFC 3339, UTC), `level`, `logger`, `message`, the fields of the
    record, and `exception` if there is one."""

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


class RateLimitFilter(logging.Filter):
    """Limits the rate of records of one kind, so that clients can't fill the disk with the records
    of refused requests.

    The next record that passes has the number of dropped ones as `suppressed`. A kind is the
    records with the same logger and the same message before formatting.

    Args:
        maximum: most records of one kind per second. Also the most kinds per second; above it, all
            further kinds count as one.
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
    """A class of its own, so that `use_format` finds the handler."""


def start_logging() -> None:
    """Log warnings and errors to standard error, unless logging is configured already."""
    handler = _Handler(sys.stderr)
    handler.setFormatter(TextFormatter())
    handler.addFilter(RateLimitFilter())
    logging.basicConfig(handlers=[handler])
    logging.getLogger("alembic").setLevel(logging.WARNING)


def use_format(log_format: str, level: str) -> None:
    """From now on, log in this format and from this level."""
    root = logging.getLogger()
    root.setLevel(level.upper())
    for handler in root.handlers:
        if isinstance(handler, _Handler):
            handler.setFormatter(FORMATTERS[log_format]())
    if level == "info":
        # It logs every handshake by address only; collab logs handshakes with more fields.
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
