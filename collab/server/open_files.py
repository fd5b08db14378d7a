"""The system's own limit: how many files, connections among them, one program may have open."""

from __future__ import annotations

import logging

from ..settings import Settings

try:
    import resource
except ImportError:
    # There is no such limit on Windows.
    resource = None  # type: ignore[assignment]

__all__ = ["allow_open_files"]

logger = logging.getLogger(__name__)

# For the database, the log, the pages, and requests that are being answered.
OTHERS = 500


def allow_open_files(settings: Settings) -> None:
    """Have the system allow as many open files as the settings allow connections.

    A program without files left can't even close its database well, so the limits of the settings
    should be reached first. Logs a warning where the system does not allow that many.
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
        # Some systems have a lower limit than they tell.
        allowed = soft
    if allowed < needed:
        logger.warning(
            "the system allows %d open files, the settings need %d: raise it (ulimit -n, or "
            "LimitNOFILE of the service), or lower max_connections and max_handshakes",
            allowed,
            needed,
        )
