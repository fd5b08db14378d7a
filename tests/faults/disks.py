"""Disks that a test may break: real ones where this machine allows that."""

from __future__ import annotations

import contextlib
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

__all__ = ["freezable", "freeze", "read_only", "size_limited", "thaw", "tmpfs"]


def attempt(*command: str) -> str:
    """Run a program; returns what went wrong, if anything."""
    if shutil.which(command[0]) is None:
        return f"there is no {command[0]}"
    done = subprocess.run(command, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stderr.strip() or f"{command[0]} failed"


def need(*command: str) -> None:
    problem = attempt(*command)
    if problem:
        pytest.skip(f"not allowed on this machine: {problem}")


@contextlib.contextmanager
def tmpfs(folder: Path, size: str) -> Iterator[Path]:
    """A small disk of its own. Skips the test where nobody may mount one."""
    folder.mkdir()
    need("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def freezable(folder: Path) -> Iterator[Path]:
    """A disk of its own for `freeze` and `thaw`.

    Skips the test where nobody may make one.
    """
    folder.mkdir()
    image = folder.with_suffix(".image")
    with image.open("wb") as file:
        file.truncate(16_000_000)
    need("mkfs.ext4", "-q", str(image))
    need("mount", "-o", "loop", str(image), str(folder))
    try:
        yield folder
    finally:
        # Should a test have left it frozen.
        attempt("fsfreeze", "--unfreeze", str(folder))
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def freeze(folder: Path) -> None:
    """Whoever writes to the disk hangs from here on, and can't even be killed."""
    subprocess.run(["fsfreeze", "--freeze", str(folder)], check=True)


def thaw(folder: Path) -> None:
    subprocess.run(["fsfreeze", "--unfreeze", str(folder)], check=True)


@contextlib.contextmanager
def size_limited(pid: int, limit_bytes: int) -> Iterator[None]:
    """Let no file of a running process grow beyond a size. Anybody may do that to their own."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit_bytes, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@contextlib.contextmanager
def read_only(*files: Path) -> Iterator[None]:
    """Files that nobody can write to, open or not. Skips the test where that can't be had."""
    names = [str(file) for file in files]
    problem = attempt("chattr", "+i", *names)
    try:
        if problem or can_write(files[0]):
            pytest.skip(f"not allowed on this machine: {problem or 'chattr +i has no effect'}")
        yield
    finally:
        attempt("chattr", "-i", *names)


def can_write(file: Path) -> bool:
    try:
        file.open("ab").close()
    except OSError:
        return False
    return True
