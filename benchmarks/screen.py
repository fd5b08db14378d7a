"""What an author sees, while more has come from the server than is on the screen.

An author of a recording typed on what was seen at that moment. The protocol lets one edit of a
client be unacknowledged, and its next be made on no older version than that one's; so by the time
an edit can be sent, changes may have arrived that its author had not seen. They wait here, and what
is typed is transformed over them, as every editor does with its pending edits.
"""

from __future__ import annotations

from typing import Any

from .traces import TEXT

__all__ = ["Screen"]


class Screen:
    """`buffer` is what the author sees; the changes in `unseen` come after it, in order.

    `tied` collects the labels of unseen changes that met what was typed at an equal position, so
    that the order of their commits decided which comes first.
    """

    def __init__(self) -> None:
        self.buffer = TEXT.buffer("")
        self.unseen: list[tuple[int, Any]] = []
        self.tied: list[int] = []

    def arrive(self, label: int, operation: Any) -> None:
        """Something has come that the author doesn't see yet."""
        self.unseen.append((label, operation))

    def show(self, count: int) -> None:
        """The author sees so many changes more."""
        for _, operation in self.unseen[:count]:
            self.buffer.apply(operation)
        del self.unseen[:count]

    def type(self, operation: Any) -> Any:
        """The author types; returns the operation as it is after all that is unseen."""
        self.buffer.apply(operation)
        for index, (label, other) in enumerate(self.unseen):
            self.unseen[index] = (label, TEXT.transform(other, operation, "left"))
            moved = TEXT.transform(operation, other, "right")
            if moved != TEXT.transform(operation, other, "left"):
                self.tied.append(label)
            operation = moved
        return operation
