"""What is to be seen of a server beside its answers: its log, its tasks, and what it holds."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
from collections import Counter
from collections.abc import Iterator
from typing import Any

from collab.documents.authors import Author
from collab.documents.document import Document
from collab.server.protocol import WebSocketProtocol
from collab.sessions.connection import Connection
from collab.sessions.direct_transport import DirectTransport
from collab.sessions.inbound import Inbound
from collab.sessions.outbound import Outbound
from collab.sessions.presence import Presence
from collab.sessions.room import Room
from collab.sessions.transport import ASGITransport

__all__ = ["Watch", "held", "holders"]

HELD = (
    Author,
    Connection,
    DirectTransport,
    Document,
    Inbound,
    Outbound,
    Presence,
    Room,
    ASGITransport,
    WebSocketProtocol,
)


def held() -> dict[str, int]:
    """How many objects there are that belong to connections and open documents, by type."""
    gc.collect()
    kinds = Counter(type(each) for each in gc.get_objects() if isinstance(each, HELD))
    return {kind.__name__: count for kind, count in kinds.items()}


def holders() -> list[str]:
    """By what each of those is held, as far as it has a name: coroutines, above all."""
    found = [each for each in gc.get_objects() if isinstance(each, HELD)]
    names = {
        f"{type(each).__name__} by {type(holder).__name__} {getattr(holder, '__qualname__', '')}"
        for each in found
        for holder in gc.get_referrers(each)
        if holder is not found
    }
    return sorted(names)


class Watch(logging.Handler):
    """Keeps every log record of level WARNING or more, and what the event loop complains of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.complaints: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.complaints.append(logging.Formatter("%(name)s: %(message)s").format(record))

    def _complain(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.complaints.append(f"asyncio: {context['message']}: {context.get('exception')!r}")

    @contextlib.contextmanager
    def on(self) -> Iterator[None]:
        """Watch while the context lasts."""
        root, loop = logging.getLogger(), asyncio.get_running_loop()
        former = loop.get_exception_handler()
        root.addHandler(self)
        loop.set_exception_handler(self._complain)
        try:
            yield
        finally:
            loop.set_exception_handler(former)
            root.removeHandler(self)
