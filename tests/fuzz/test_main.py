"""The command plays what it is told to, and tells what came of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from collab.frames import PresenceUpdate
from collab.sessions.inbound import HANDLERS, Inbound
from tests.fuzz.__main__ import main


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    return result.exit_code, result.output


def test_a_run_without_a_fault_says_so(tmp_path: Path) -> None:
    status, output = run("--inputs", 300, "--seed", 1, "--save", tmp_path)
    assert status == 0
    assert "seed 1: 300 inputs" in output
    assert "no fault" in output
    assert not list(tmp_path.iterdir())


def test_a_fault_is_shrunk_printed_and_saved(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(inbound: Inbound, frame: PresenceUpdate) -> bool:
        raise KeyError("a mistake of ours")

    monkeypatch.setitem(HANDLERS, PresenceUpdate, broken)
    status, output = run("--inputs", 300, "--seed", 1, "--save", tmp_path)
    assert status == 1
    assert "an internal error" in output
    (saved,) = tmp_path.iterdir()
    (found,) = json.loads(saved.read_text())["inputs"]
    assert "presence" in found[-1]
