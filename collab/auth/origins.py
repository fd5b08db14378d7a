"""Check of the origin of requests and handshakes, against cross-site request forgery.

A browser attaches cookies to requests of any page, and lets any page open a WebSocket to any host.
It names the page's origin in the header `Origin` (RFC 6454).
"""

from __future__ import annotations

import re
from collections.abc import Collection

from ..errors import Forbidden
from .access import ConnectionLike

__all__ = ["check_origin", "is_secure"]

# A scheme, a host and optionally a port (RFC 6454, section 6.2). `null` does not match.
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?P<host>[^/?#@\\\s]+)")

FOREIGN = ("cross-site", "same-site")


def check_origin(connection: ConnectionLike, allowed: Collection[str]) -> None:
    """Accept pages of the same host, pages of the `allowed` origins, and clients without `Origin`.

    Only host and port are compared, since the scheme differs behind a proxy that terminates TLS.

    Raises:
        Forbidden: the request comes from a page of another origin.
    """
    origin = connection.headers.get("origin")
    if origin is None:
        if connection.headers.get("sec-fetch-site") in FOREIGN and "*" not in allowed:
            raise Forbidden("a page of another origin may not do this")
        return
    if "*" in allowed or origin in allowed:
        return
    if not _same_host(origin, connection.headers.get("host", "")):
        raise Forbidden(
            f"a page of the origin {origin[:100]!r} may not do this: "
            "the setting allowed_origins lists those that may"
        )


def _same_host(origin: str, host: str) -> bool:
    found = _ORIGIN.fullmatch(origin)
    return found is not None and found["host"].lower() == host.lower()


def is_secure(connection: ConnectionLike) -> bool:
    """Whether the client uses https, also if a proxy terminates TLS and does not report it."""
    if connection.headers.get("origin", "").startswith("https://"):
        return True
    return bool(connection.scope["scheme"] == "https")
