"""A PostgreSQL server of the tests' own: in a new folder, reached by a socket in it."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ["served"]

PATIENCE_SECONDS = 60


def _programs() -> Path:
    """The folder of its programs."""
    found = [Path(each).resolve().parent for each in [shutil.which("initdb")] if each]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in found:
        if (folder / "initdb").exists():
            return folder
    raise AssertionError("PostgreSQL is not installed: scripts/test installs it")


def _owner() -> pwd.struct_passwd | None:
    """It refuses to run as root."""
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("postgres")
    return None


@contextlib.contextmanager
def served() -> Iterator[str]:
    """A server without any tables; yields its URL."""
    programs = _programs()
    owner = _owner() if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="collab-postgresql-") as name:
        folder = Path(name)
        if owner is not None:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        user = None if owner is None else owner.pw_uid
        data = folder / "data"
        subprocess.run(
            [programs / "initdb", "--no-sync", "-A", "trust", "-U", "collab", "-D", data],
            check=True,
            stdout=subprocess.DEVNULL,
            user=user,
            cwd=folder,
        )
        log = folder / "log"
        with log.open("w") as errors:
            process = subprocess.Popen(
                [programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses="],
                stdout=errors,
                stderr=errors,
                user=user,
                cwd=folder,
            )
        try:
            _wait(programs, folder, process, log)
            yield f"postgresql://collab@/postgres?host={folder}"
        finally:
            # Its fast way to shut down: who is still connected is cut off.
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_SECONDS)


def _wait(programs: Path, folder: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while subprocess.run([programs / "pg_isready", "-q", "-h", folder], check=False).returncode:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
