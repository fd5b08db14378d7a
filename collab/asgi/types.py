"""The ASGI types, based on `asgiref.typing`.

A `Scope` is an open mapping, while asgiref's are closed: servers, middleware and routers add keys
of their own. A `Message` is open because asgiref's events require keys that the specification makes
optional.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable

if TYPE_CHECKING:
    from .requests import Request
    from .responses import Response
    from .websockets import WebSocket

__all__ = [
    "ASGIApp",
    "AppType",
    "ExceptionHandler",
    "HTTPExceptionHandler",
    "Lifespan",
    "Message",
    "Receive",
    "Scope",
    "Send",
    "StatefulLifespan",
    "StatelessLifespan",
    "WebSocketExceptionHandler",
]

AppType = TypeVar("AppType")

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = Any
Receive: TypeAlias = ASGIReceiveCallable
Send: TypeAlias = ASGISendCallable
# Any, so that asgiref's own ASGI3Application is accepted as well.
ASGIApp: TypeAlias = Callable[[Any, Receive, Send], Awaitable[None]]

StatelessLifespan: TypeAlias = Callable[[AppType], AbstractAsyncContextManager[None]]
StatefulLifespan: TypeAlias = Callable[[AppType], AbstractAsyncContextManager[Mapping[str, Any]]]
Lifespan: TypeAlias = StatelessLifespan[AppType] | StatefulLifespan[AppType]

HTTPExceptionHandler: TypeAlias = "Callable[[Request, Any], Response | Awaitable[Response]]"
WebSocketExceptionHandler: TypeAlias = "Callable[[WebSocket, Any], Awaitable[None]]"
ExceptionHandler: TypeAlias = "HTTPExceptionHandler | WebSocketExceptionHandler"
