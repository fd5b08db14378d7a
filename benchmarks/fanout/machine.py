"""Information about the machine and its processes; Linux only."""

from __future__ import annotations

import os
import platform
import resource
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

__all__ = ["Memory", "busy_seconds", "describe", "memory", "raise_file_limit", "written"]


class Memory(NamedTuple):
    """Memory of a process in kilobytes (1024 bytes): RSS, and PSS (a share of shared pages)."""

    resident: int
    proportional: int


def memory(pid: int) -> Memory:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    fields = {line.partition(":")[0]: line.split()[1] for line in lines}
    return Memory(int(fields["Rss"]), int(fields["Pss"]))


def written(pid: int) -> tuple[int, int]:
    """Write system calls of a process, and bytes written, to files and sockets."""
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    fields = {line.partition(":")[0]: int(line.split()[1]) for line in lines}
    return fields["syscw"], fields["wchar"]


def busy_seconds() -> float:
    """The non-idle time of all processors together."""
    fields = [int(each) for each in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle, waiting = fields[3], fields[4]
    return (sum(fields) - idle - waiting) / os.sysconf("SC_CLK_TCK")


def raise_file_limit() -> None:
    """Raise the limit of open files to the hard limit; child processes inherit it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def describe() -> dict[str, str | int]:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processors": os.cpu_count() or 1,
        "model": models[0] if models else platform.machine(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "kernel": platform.release(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("uvloop", "uvicorn", "websockets", "msgspec")},
    }
