"""The measured servers, each in its own process."""

from __future__ import annotations

from ..server import ServerProcess

__all__ = ["SUBJECTS", "Floor", "server_of"]

SUBJECTS = ("collab", "floor")


class Floor(ServerProcess):
    """`benchmarks.fanout.floor`, which joins `gather` edits into one write."""

    def __init__(self, gather: int) -> None:
        super().__init__("")
        self.command = ("benchmarks.fanout.floor", "--gather", str(gather))

    def commits(self) -> tuple[float, float, float]:
        """All zero, since it stores nothing."""
        return 0.0, 0.0, 0.0


def server_of(subject: str, database: str, gather: int = 1) -> ServerProcess:
    """A server of `SUBJECTS` with default settings, not started."""
    if subject == "floor":
        return Floor(gather)
    return ServerProcess(database)
