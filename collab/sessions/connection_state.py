"""The life of a connection: which state may follow which."""

from __future__ import annotations

import enum

__all__ = ["ConnectionState"]


class ConnectionState(enum.Enum):
    JOINING = "joining"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"

    def next(self, state: ConnectionState) -> ConnectionState:
        """The same `state`, if it may follow this one.

        Raises:
            RuntimeError: it may not.
        """
        if state not in _NEXT[self]:
            raise RuntimeError(f"a connection that is {self.value} can't become {state.value}")
        return state


_NEXT = {
    ConnectionState.JOINING: (
        ConnectionState.OPEN,
        ConnectionState.CLOSING,
        ConnectionState.CLOSED,
    ),
    ConnectionState.OPEN: (ConnectionState.CLOSING, ConnectionState.CLOSED),
    ConnectionState.CLOSING: (ConnectionState.CLOSED,),
    ConnectionState.CLOSED: (),
}
