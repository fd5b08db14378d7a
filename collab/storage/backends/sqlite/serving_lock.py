"""One server for one SQLite file: a lock on a file beside it, held while the server lives.

The lock is the operating system's (`flock`). It ends with the process however that ends; one that
is forked from it gives its copy away at once. Other programs, such as `collab documents`, don't ask
for it, and work at the same time as the server.

Where there is no such lock (Windows, some network file systems) a server goes on without, and says
so in its log.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import weakref
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import URL

from ....errors import DatabaseInUse
from ...url import file_of, is_memory, is_sqlite

try:
    import fcntl
except ImportError:
    # On Windows.
    fcntl = None  # type: ignore[assignment]

__all__ = ["ServingLock", "lock_file_of"]

logger = logging.getLogger(__name__)

_MAX_READ_BYTES = 300

Identity = tuple[int, int]


def lock_file_of(url: URL) -> Path | None:
    """The file to be locked for a database; None if that is not a file.

    It is beside the file that symbolic links lead to, as SQLite's own files are.
    """
    if not is_sqlite(url) or is_memory(url) or not url.database:
        return None
    file = file_of(url) or Path(unquote(urlsplit(url.database).path))
    return Path(f"{file.resolve()}-lock")


class ServingLock:
    """The lock of one database: `acquire` it before opening, `release` it after closing."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._descriptor: int | None = None
        _all.add(self)

    def acquire(self) -> OSError | None:
        """Lock the file. Idempotent.

        Returns:
            What kept the file from being opened or locked, other than another server; None if it is
            locked.

        Raises:
            DatabaseInUse: another server has it; the message names its process.
        """
        if fcntl is None:
            logger.warning(
                "this system has no file locks: make sure that only one server uses the database"
            )
            return None
        try:
            while self._descriptor is None:
                self._descriptor = self._locked()
        except OSError as error:
            return error
        return None

    def _locked(self) -> int | None:
        """The descriptor of the locked file; None if the file was removed meanwhile."""
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DatabaseInUse(_in_use(descriptor)) from None
            if self._is_in_place(descriptor):
                _name(descriptor)
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        return None

    def _is_in_place(self, descriptor: int) -> bool:
        with contextlib.suppress(FileNotFoundError):
            return _identity(os.stat(self._file)) == _identity(os.fstat(descriptor))
        return False

    def release(self) -> None:
        """Let others have it, and remove the file. Idempotent."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        with contextlib.suppress(OSError):
            # While it is locked. Another one that has opened it meanwhile will look again.
            if self._is_in_place(descriptor):
                self._file.unlink()
        os.close(descriptor)

    def leave_to_parent(self) -> None:
        """Close this process's copy of a lock that the process has from which it was forked."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


_all: weakref.WeakSet[ServingLock] = weakref.WeakSet()


def _forked() -> None:
    for lock in list(_all):
        lock.leave_to_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def _identity(found: os.stat_result) -> Identity:
    return found.st_dev, found.st_ino


def _name(descriptor: int) -> None:
    """Write into the file who has it."""
    # For messages only: the lock counts, also on a disk that is full.
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} {socket.gethostname()}\n".encode(), 0)


def _in_use(descriptor: int) -> str:
    text = ""
    with contextlib.suppress(OSError):
        text = os.pread(descriptor, _MAX_READ_BYTES, 0).decode(errors="replace")
    pid, _, host = text.strip().partition(" ")
    # A number means something on the same host, or in the same container, only.
    is_here = host == socket.gethostname()
    if is_here and pid == str(os.getpid()):
        return (
            f"the database can't be used: another application in this process ({pid}) has it "
            "open: let one serve it at a time"
        )
    who = "of an unknown process"
    if pid.isdecimal():
        who = f"process {pid}" if is_here else f"process {pid} on {host}"
    return (
        f"the database can't be used: another server ({who}) has it open: "
        "stop that one first, or use another database"
    )
