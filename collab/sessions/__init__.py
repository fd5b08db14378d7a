"""Who is connected: a client joins, its frames are received, changes are sent to it, it leaves."""

from .connection import Connection
from .join import SUBPROTOCOL, JoinRequest

__all__ = ["SUBPROTOCOL", "Connection", "JoinRequest"]
