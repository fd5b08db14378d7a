"""The operating system's limit on the files and sockets that one process may have open."""

from __future__ import annotations

import logging

from ..settings import Settings

try:
    import resource
except ImportError:
    # Windows has no such limit.
    resource = None  # type: ignore[assignment]

__all__ = ["allow_open_files"]

logger = logging.getLogger(__name__)

# Descriptors for the database, the log, static files and HTTP requests in progress.
OTHERS = 500


def allow_open_files(settings: Settings) -> None:
    """Raise the soft limit of open files to what the settings need for connections.

    A process without free descriptors can't even close its database cleanly, so the limits of the
    settings must be reached first. Logs a warning if the hard limit is too low.
    """
    if resource is None:
        return
    needed = settings.max_connections + settings.max_handshakes + OTHERS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    except (ValueError, OSError):
        # Some systems enforce a lower limit than they report.
        allowed = soft
    if allowed < needed:
        logger.warning(
            "the system allows %d open files, the settings need %d: raise the limit (ulimit -n, or "
            "LimitNOFILE of the service), or lower max_connections and max_handshakes",
            allowed,
            needed,
        )
