"""The command `collab`: in this process, which is quick, or in one of its own."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from collab.__main__ import main

from .filled import fill

SECONDS = 60


@dataclass
class Outcome:
    """What a run came to."""

    status: int
    bytes: bytes
    complaint: str

    @property
    def output(self) -> str:
        return self.bytes.decode()

    @property
    def error(self) -> str:
        """The one line of an error; fails if there is more than that."""
        assert self.complaint.startswith("Error: "), self.complaint
        assert self.complaint.count("\n") == 1, self.complaint
        assert self.bytes == b""
        return self.complaint.removeprefix("Error: ").rstrip("\n")


Run = Callable[..., Outcome]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, without settings in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith("COLLAB_"):
            monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture
def collab(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Iterator[Run]:
    """Runs `collab ARGUMENTS` in this process."""
    level = logging.getLogger().level

    def run(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["collab", *arguments])
        capfdbinary.readouterr()
        status = 0
        try:
            main()
        except SystemExit as end:
            status = int(end.code or 0)
        sys.stdout.flush()
        output, complaint = capfdbinary.readouterr()
        return Outcome(status, output, complaint.decode())

    yield run
    logging.getLogger().setLevel(level)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with documents in it (see `filled.fill`), to be copied."""
    file = tmp_path_factory.mktemp("filled") / "collab.db"
    fill(file)
    return file


@pytest.fixture
def file(folder: Path, filled: Path) -> Path:
    """The same in the working folder, where the program looks for it."""
    return Path(shutil.copy(filled, folder / "collab.db"))


@pytest.fixture
def collab_process(folder: Path) -> Run:
    """Runs `collab ARGUMENTS` as a process of its own, its log included in what it complains."""

    def run(*arguments: str) -> Outcome:
        command = [sys.executable, "-m", "collab", *arguments]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, timeout=SECONDS, check=False
        )
        return Outcome(done.returncode, done.stdout, done.stderr.decode())

    return run
