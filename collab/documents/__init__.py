"""Live documents: who edits them, in which order, and who is told."""

from .connection import Connection
from .document import Document
from .join import SUBPROTOCOL, JoinRequest
from .manager import DocumentManager

__all__ = ["SUBPROTOCOL", "Connection", "Document", "DocumentManager", "JoinRequest"]
