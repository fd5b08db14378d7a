"""The life of an open document: which state may follow which."""

from __future__ import annotations

import enum

__all__ = ["DocumentState"]


class DocumentState(enum.Enum):
    OPEN = "open"
    RELOADING = "reloading"
    CLOSED = "closed"

    def next(self, state: DocumentState) -> DocumentState:
        """The same `state`, if it may follow this one.

        Raises:
            RuntimeError: it may not.
        """
        if state not in _NEXT[self]:
            raise RuntimeError(f"a document that is {self.value} can't become {state.value}")
        return state


_NEXT = {
    DocumentState.OPEN: (DocumentState.RELOADING, DocumentState.CLOSED),
    DocumentState.RELOADING: (DocumentState.OPEN, DocumentState.CLOSED),
    DocumentState.CLOSED: (),
}
