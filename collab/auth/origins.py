"""Which web pages may act here.

A browser sends cookies along whatever page asks, and lets every page open a WebSocket to anywhere;
but it says which page it is, in `Origin` (RFC 6454).
"""

from __future__ import annotations

import re
from collections.abc import Collection

from ..errors import Forbidden
from .access import ConnectionLike

__all__ = ["check_origin", "is_secure"]

# A scheme, a host and perhaps a port (RFC 6454, section 6.2), or else `null`.
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?P<host>[^/?#@\\\s]+)")

FOREIGN = ("cross-site", "same-site")


def check_origin(connection: ConnectionLike, allowed: Collection[str]) -> None:
    """Let pages of the same host and of the `allowed` origins pass, and what is no browser.

    Only the host is compared, with its port: behind a proxy that ends TLS the scheme is another.

    Raises:
        Forbidden: a page from elsewhere is behind it.
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
    """Whether the page behind it came by https, also where a proxy ends TLS and says nothing."""
    if connection.headers.get("origin", "").startswith("https://"):
        return True
    return bool(connection.scope["scheme"] == "https")
