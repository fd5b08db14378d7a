"""Who is here, as one editor sees it."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["Seen", "View"]


class Seen(NamedTuple):
    """The cursor as of a version."""

    cursor: dict[str, int] | None
    data: Any
    version: int


class View:
    """What the frames of one connection tell of the others."""

    def __init__(self) -> None:
        self.present: dict[str, Seen] = {}
        self.sent = 0
        """The number in the newest presence that this editor sent on the connection; 0 if none."""
        self.refused = False

    def receive(self, frame: dict[str, Any]) -> None:
        kind = frame["type"]
        if kind in ("document_state", "document_resumed"):
            self.present = {
                user["client_id"]: Seen(user["cursor"], None, frame["version"])
                for user in frame["users"]
            }
        elif kind == "user_joined":
            self.present[frame["client_id"]] = Seen(None, None, 0)
        elif kind == "user_left":
            self.present.pop(frame["client_id"], None)
        elif kind == "presence" and frame["client_id"] in self.present:
            seen = Seen(frame["cursor"], frame["data"], frame["version"])
            self.present[frame["client_id"]] = seen
        elif kind == "error" and frame.get("id") is None:
            self.refused = True
