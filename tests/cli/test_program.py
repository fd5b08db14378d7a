"""The command itself: help, version, migrating, and how a server ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from collab import __version__
from collab.cli import program
from collab.settings import Settings

from .conftest import Run

STOP_SECONDS = 30


def commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    """The group and all below it, by what is typed to call them."""
    yield name, group
    for each, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {each}")
        else:
            yield f"{name} {each}", command


COMMANDS = dict(commands(program, "collab"))


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_explains_every_option(name: str) -> None:
    command = COMMANDS[name]
    told = CliRunner().invoke(program, [*name.split()[1:], "--help"]).output
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert all(option in told for option in parameter.opts)
            assert parameter.help
    for each in getattr(command, "commands", ()):
        assert each in told


def test_the_help_of_serve_tells_default_and_environment_of_each_setting() -> None:
    told = " ".join(CliRunner().invoke(program, ["serve", "--help"]).output.split())
    options = [
        each for each in program.commands["serve"].params if not getattr(each, "is_flag", False)
    ]
    assert len(options) > 10
    for option in options:
        name = str(option.name)
        default = Settings.model_fields[name].default
        told_default = "none" if default == "" else default
        assert f"[default: {told_default}; env: COLLAB_{name.upper()}]" in told


def test_the_version_is_told(collab: Run) -> None:
    assert collab("--version").output == f"collab, version {__version__}\n"


def test_migrating_makes_a_database_and_may_be_repeated(collab: Run, folder: Path) -> None:
    for _ in range(2):
        outcome = collab("migrate", "--database", "sqlite:///notes.db")
        assert (outcome.status, outcome.complaint) == (0, "")
    listed = collab("documents", "list", "--database", "sqlite:///notes.db")
    assert (listed.status, listed.output) == (0, "")
    assert not (folder / "collab.db").exists()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_server_prints_where_it_is_and_ends_without_a_word(
    folder: Path, stop: signal.Signals
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "collab", "serve", "--port", "0"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("collab is serving at http://127.0.0.1:")
    process.send_signal(stop)
    output, complaint = process.communicate(timeout=STOP_SECONDS)
    assert (output, complaint.strip()) == ("", "")
    # As a shell sees a program that a signal ended.
    assert process.returncode in (0, -stop, 128 + stop)
    # Everything is in the one file: nothing waits in a log beside it.
    assert [path.name for path in folder.iterdir()] == ["collab.db"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_can_complete_commands(
    collab_process: Run, monkeypatch: pytest.MonkeyPatch, shell: str
) -> None:
    monkeypatch.setenv("_COLLAB_COMPLETE", f"{shell}_source")
    source = collab_process()
    assert source.status == 0, source.complaint
    assert f"_COLLAB_COMPLETE={shell}_complete" in source.output
    monkeypatch.setenv("_COLLAB_COMPLETE", f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", "collab docum")
    monkeypatch.setenv("COMP_CWORD", "docum" if shell == "fish" else "1")
    assert "documents" in collab_process().output
