"""The errors that say nothing against what was sent."""

from __future__ import annotations

__all__ = ["TEMPORARY_CODES"]

TEMPORARY_CODES = frozenset(
    {
        "internal",
        "rate_limited",
        "request_timeout",
        "server_busy",
        "shutting_down",
        "storage_unavailable",
        "too_slow",
    }
)
"""The codes after which the same edit, or the same request, is sent again later."""
