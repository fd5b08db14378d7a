"""By which names an open server may be called.

A web page of any site can have its own name point to this machine (DNS rebinding): the browser then
takes what answers here for that site, and lets the page read it. The name is in `Host`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

from ..asgi.headers import Headers
from ..asgi.types import ASGIApp, Receive, Scope, Send
from ..asgi.websockets import WebSocket
from ..errors import Forbidden
from ..sessions.handshake import refuse
from .json import error_response

__all__ = ["only_called_by"]

LOCAL = "localhost"

_HOST = re.compile(r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?P<name>[^:\[\]]+))(?::[0-9]*)?")


def only_called_by(names: Collection[str], app: ASGIApp) -> ASGIApp:
    """`app`, which answers where `Host` is `localhost`, an IP address or one of these names.

    All else is refused with 403. A request without `Host` (HTTP/1.0) is no browser's.
    """
    known = {_plain(name) for name in names} | {LOCAL}

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await app(scope, receive, send)
        host = Headers(scope=scope).get("host")
        if host is None or _is_known(host, known):
            return await app(scope, receive, send)
        error = Forbidden(
            f"this server is open to this machine only and is not known as {host[:100]!r}: use "
            "localhost or an IP address, or list the name in the setting allowed_hosts"
        )
        if scope["type"] == "websocket":
            return await refuse(WebSocket(scope, receive, send), error)
        return await error_response(error)(scope, receive, send)

    return answer


def _is_known(host: str, known: Collection[str]) -> bool:
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    name = found["name"]
    return _is_address(found["ipv6"] or name) or (name is not None and _plain(name) in known)


def _plain(name: str) -> str:
    return name.lower().removesuffix(".")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
