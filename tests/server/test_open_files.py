"""The limit of open files, each time in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("resource", reason="there is no such limit on Windows")

PROGRAM = """
import logging, resource
from collab.server.open_files import allow_open_files
from collab.settings import Settings
logging.basicConfig(format="%(message)s")
allow_open_files(Settings(max_connections=300, max_handshakes=100))
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


def run(limits: str) -> tuple[int, str]:
    """The limit afterwards and what is logged, having begun with these limits of the shell."""
    done = subprocess.run(
        ["sh", "-c", f'{limits}; exec "$0" -c "$1"', sys.executable, PROGRAM],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout), done.stderr


def test_the_limit_is_raised_to_what_the_settings_need() -> None:
    assert run("ulimit -Sn 200") == (900, "")


def test_a_limit_that_suffices_is_left_alone() -> None:
    assert run("ulimit -Sn 1000") == (1000, "")


def test_a_limit_that_cannot_be_raised_is_told() -> None:
    limit, logged = run("ulimit -Sn 200; ulimit -Hn 400")
    assert limit == 400
    assert "the system allows 400 open files, the settings need 900: raise the limit" in logged
