"""The error codes that do not depend on the content of the request."""

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
"""After these codes the client sends the same edit, or the same request, again later."""
