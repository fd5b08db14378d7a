"""The systemd unit, as far as systemd judges it without running it."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from collab.cli.serve import serve
from collab.settings import Settings

EXAMPLES = Path(__file__).parents[2] / "examples" / "deploy"
UNIT = (EXAMPLES / "collab.service").read_text(encoding="utf-8")
ENVIRONMENT = (EXAMPLES / "collab.env").read_text(encoding="utf-8")

# Out of 100; below 20 systemd says that all is well. Most of what remains is the network.
EXPOSURE_MAXIMUM = 15


def option(name: str) -> str:
    (value,) = re.findall(rf"^{name}=(.*)$", UNIT, flags=re.MULTILINE)
    return str(value)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that is there."""
    path = tmp_path / "collab.service"
    path.write_text(UNIT.replace("/opt/collab/bin/collab", sys.executable), encoding="utf-8")
    return path


def analyzed(*arguments: str | Path) -> str:
    done = subprocess.run(
        ["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_systemd_understands_every_line(unit: Path) -> None:
    assert "collab.service" not in analyzed("verify", "--recursive-errors=no", unit)


def test_it_may_do_little_else_than_serve(unit: Path) -> None:
    analyzed("security", "--offline=true", f"--threshold={EXPOSURE_MAXIMUM}", unit)


def test_it_starts_the_command_with_options_that_there_are() -> None:
    program, command, *options = shlex.split(option("ExecStart"))
    assert (Path(program).name, command) == ("collab", serve.name)
    serve.make_context("collab serve", options)


def test_it_waits_longer_than_stopping_may_take() -> None:
    fields = Settings.model_fields
    # For what is pending, then for the connections, then for the server's own; then the database.
    assert float(option("TimeoutStopSec")) > 3 * fields["shutdown_timeout_seconds"].default


def test_it_may_have_a_descriptor_for_each_connection() -> None:
    assert int(option("LimitNOFILE")) > 2 * Settings.model_fields["connections_maximum"].default


def test_its_environment_is_of_settings_that_there_are() -> None:
    named = re.findall(r"^(\w+)=", ENVIRONMENT, flags=re.MULTILINE)
    assert named
    known = {f"COLLAB_{name.upper()}" for name in Settings.model_fields}
    assert set(named) <= known
