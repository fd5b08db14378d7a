"""The systemd units, as far as systemd judges them without running them."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx2

from collab.cli.serve import serve
from collab.settings import Settings
from tests.serverprocess import ServerProcess

EXAMPLES = Path(__file__).parents[2] / "examples" / "deploy"
UNIT = (EXAMPLES / "collab.service").read_text(encoding="utf-8")
ENVIRONMENT = (EXAMPLES / "collab.env").read_text(encoding="utf-8")

# Out of 100; below 20 systemd says that all is well. Most of what remains is the network.
MAX_EXPOSURE = 15


def option(name: str) -> str:
    (value,) = re.findall(rf"^{name}=(.*)$", UNIT, flags=re.MULTILINE)
    return str(value)


UNITS = ["collab.service", "collab-backup.service", "collab-backup.timer"]


def installed(folder: Path, name: str) -> Path:
    """A unit with a program that is there."""
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    path = folder / name
    path.write_text(text.replace("/opt/collab/bin/collab", sys.executable), encoding="utf-8")
    return path


def analyzed(*arguments: str | Path) -> str:
    done = subprocess.run(
        ["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_systemd_understands_every_line(tmp_path: Path) -> None:
    paths = [installed(tmp_path, name) for name in UNITS]
    said = analyzed("verify", "--recursive-errors=no", *paths)
    assert [name for name in UNITS if name in said] == []


def test_it_may_do_little_else_than_serve(tmp_path: Path) -> None:
    unit = installed(tmp_path, "collab.service")
    analyzed("security", "--offline=true", f"--threshold={MAX_EXPOSURE}", unit)


def test_a_backup_is_made_while_it_serves(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        httpx2.post(f"{server.url}/api/documents", json={"doc_id": "notes"}).raise_for_status()
        copies = tmp_path / "copies"
        copies.mkdir()
        text = (EXAMPLES / "collab-backup.service").read_text(encoding="utf-8")
        (line,) = re.findall(r"^ExecStart=(.*)$", text, flags=re.MULTILINE)
        line = line.replace("/opt/collab/bin/collab", f"{sys.executable} -m collab")
        line = line.replace("/var/lib/collab-backups", str(copies)).replace("%%", "%")
        environment = {**os.environ, "COLLAB_DATABASE": server.database}
        subprocess.run(shlex.split(line), env=environment, cwd=tmp_path, check=True)
    (copy,) = copies.iterdir()
    with contextlib.closing(sqlite3.connect(copy)) as database:
        assert database.execute("SELECT doc_id FROM documents").fetchall() == [("notes",)]


def test_it_starts_the_command_with_options_that_there_are() -> None:
    program, command, *options = shlex.split(option("ExecStart"))
    assert (Path(program).name, command) == ("collab", serve.name)
    serve.make_context("collab serve", options)


def test_it_waits_longer_than_stopping_may_take() -> None:
    fields = Settings.model_fields
    # For what is pending, then for the connections, then for the server's own; then the database.
    assert float(option("TimeoutStopSec")) > 3 * fields["shutdown_timeout_seconds"].default


def test_it_may_have_a_descriptor_for_each_connection() -> None:
    assert int(option("LimitNOFILE")) > 2 * Settings.model_fields["max_connections"].default


def test_its_environment_is_of_settings_that_there_are() -> None:
    named = re.findall(r"^(\w+)=", ENVIRONMENT, flags=re.MULTILINE)
    assert named
    known = {f"COLLAB_{name.upper()}" for name in Settings.model_fields}
    assert set(named) <= known
