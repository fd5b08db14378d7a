"""The content that an author of a recording sees, which may be behind the received changes.

An author typed on the content that was visible at that moment. The protocol allows one
unacknowledged edit per client, and the next edit on no older version than the last. So when an edit
can be sent, changes may have arrived that its author had not seen. They are queued here, and typed
edits are transformed over them, as every editor does with its pending edits.
"""

from __future__ import annotations

from typing import Any

from .traces import TEXT

__all__ = ["Screen"]


class Screen:
    """The visible content (`buffer`), and the received changes after it, in order (`unseen`).

    `tied` collects the labels of unseen changes at an equal position as a typed edit. The commit
    order decides which of the two comes first.
    """

    def __init__(self) -> None:
        self.buffer = TEXT.buffer("")
        self.unseen: list[tuple[int, Any]] = []
        self.tied: list[int] = []

    def arrive(self, label: int, operation: Any) -> None:
        """Queue a received change that the author does not see yet."""
        self.unseen.append((label, operation))

    def show(self, count: int) -> None:
        """Let the author see this many more changes."""
        for _, operation in self.unseen[:count]:
            self.buffer.apply(operation)
        del self.unseen[:count]

    def type(self, operation: Any) -> Any:
        """Apply a typed operation; returns it transformed over all unseen changes."""
        self.buffer.apply(operation)
        for index, (label, other) in enumerate(self.unseen):
            self.unseen[index] = (label, TEXT.transform(other, operation, "left"))
            moved = TEXT.transform(operation, other, "right")
            if moved != TEXT.transform(operation, other, "left"):
                self.tied.append(label)
            operation = moved
        return operation
