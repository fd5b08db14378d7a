"""The servers that are measured, each as a process of its own."""

from __future__ import annotations

from ..server import ServerProcess

__all__ = ["SUBJECTS", "Floor", "server_of"]

SUBJECTS = ("collab", "floor")


class Floor(ServerProcess):
    """`benchmarks.fanout.floor`, joining the edits of so many into one write."""

    def __init__(self, gather: int) -> None:
        super().__init__("")
        self.command = ("benchmarks.fanout.floor", "--gather", str(gather))

    def commits(self) -> tuple[float, float, float]:
        """It stores nothing."""
        return 0.0, 0.0, 0.0


def server_of(subject: str, database: str, gather: int = 1) -> ServerProcess:
    """One of `SUBJECTS` with its default settings, to be started."""
    if subject == "floor":
        return Floor(gather)
    return ServerProcess(database)
