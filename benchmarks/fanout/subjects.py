"""The servers that are measured, each as a process of its own."""

from __future__ import annotations

from pathlib import Path

from ..server import ServerProcess

__all__ = ["SUBJECTS", "Floor", "start"]

SUBJECTS = ("collab", "floor")


class Floor(ServerProcess):
    """`benchmarks.fanout.floor`, joining the edits of so many into one write."""

    def __init__(self, gather: int) -> None:
        super().__init__("")
        self.command = ("benchmarks.fanout.floor", "--gather", str(gather))


async def start(subject: str, folder: Path, gather: int = 1) -> ServerProcess:
    """One of `SUBJECTS`, with its default settings; ours with its database in this folder."""
    if subject == "floor":
        server: ServerProcess = Floor(gather)
    else:
        server = ServerProcess(f"sqlite:///{folder / 'collab.db'}")
    await server.start()
    return server
