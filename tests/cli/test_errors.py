"""What is wrong is said in one line, with an exit code that tells whose fault it is."""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
from pathlib import Path

import pytest

from tests.otherpackage import install_package

from .conftest import Run


def test_a_port_in_use_is_named_with_the_way_out(collab_process: Run, folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        outcome = collab_process("serve", "--port", str(port))
    assert outcome.status == 2
    assert outcome.error == (
        f"can't listen on 127.0.0.1 port {port}: Address already in use; choose another with --port"
    )
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--port", "70000"], "setting port: "),
        (["--port", "http"], "setting port: "),
        (["--document-idle-seconds", "-1"], "setting document_idle_seconds: "),
        (["--port", "0", "--host", "no.such.host.invalid"], "can't listen on no.such.host.invalid"),
    ],
)
def test_a_setting_that_can_t_work_is_one_line_and_exit_code_2(
    collab: Run, arguments: list[str], complaint: str
) -> None:
    outcome = collab("serve", *arguments)
    assert outcome.status == 2
    assert outcome.error.startswith(complaint)


DATABASES = [
    ("my notes", "the database setting is not a URL"),
    ("oracle9://x", "begins with 'oracle9', which is unknown"),
    ("mysql+pymysql://x/y", "which is not asynchronous"),
    ("sqlite:///missing/x.db", "missing' does not exist: create it, or choose another"),
    ("sqlite:///.", "is a folder: give the name of a file in it"),
]


@pytest.mark.parametrize(("database", "complaint"), DATABASES)
def test_a_database_that_can_t_be_is_one_line_and_exit_code_2(
    collab: Run, database: str, complaint: str
) -> None:
    outcome = collab("migrate", "--database", database)
    assert outcome.status == 2
    assert complaint in outcome.error


@pytest.mark.parametrize(("database", "complaint"), [DATABASES[0], DATABASES[3]])
def test_a_server_without_its_database_does_not_start(
    collab_process: Run, database: str, complaint: str
) -> None:
    outcome = collab_process("serve", "--port", "0", "--database", database)
    assert outcome.status == 2
    assert complaint in outcome.error


def test_a_setting_in_the_environment_is_named_alike(
    collab: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLLAB_DOCUMENT_IDLE_SECONDS", "soon")
    outcome = collab("serve", "--port", "0")
    assert outcome.status == 2
    assert outcome.error.startswith("setting document_idle_seconds: ")


def test_an_option_beats_the_environment(collab: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLAB_DATABASE", "oracle9://x")
    assert "oracle9" in collab("migrate").error
    assert "is not a URL" in collab("migrate", "--database", "nonsense").error


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["serve", "--prot", "1"], "Error: No such option '--prot'. (Did you mean"),
        (["serve", "--log-level", "loud"], "Error: Invalid value for '--log-level': 'loud'"),
        (["frobnicate"], "Error: No such command 'frobnicate'."),
        (["documents", "show"], "Error: Missing argument 'DOC_ID'."),
        (["documents", "import", "missing.md"], "File 'missing.md' does not exist."),
    ],
)
def test_a_wrong_call_ends_in_what_is_wrong_with_it(
    collab: Run, arguments: list[str], complaint: str
) -> None:
    outcome = collab(*arguments)
    assert (outcome.status, outcome.output) == (2, "")
    assert complaint in outcome.complaint.splitlines()[-1]
    assert "Traceback" not in outcome.complaint


def give_schema(file: Path, revision: str) -> None:
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", [revision])


NEWER = "made by a newer version of this program: run that version"


@pytest.mark.parametrize("command", [["migrate"], ["documents", "list"]])
def test_a_database_of_a_newer_schema_is_left_alone(
    collab: Run, folder: Path, command: list[str]
) -> None:
    assert collab("migrate").status == 0
    give_schema(folder / "collab.db", "9999")
    outcome = collab(*command)
    assert outcome.status == 1
    assert NEWER in outcome.error


def test_a_server_leaves_a_database_of_a_newer_schema_alone(
    collab: Run, collab_process: Run, folder: Path
) -> None:
    assert collab("migrate").status == 0
    give_schema(folder / "collab.db", "9999")
    outcome = collab_process("serve", "--port", "0")
    assert outcome.status == 1
    assert NEWER in outcome.error


def test_a_database_of_another_program_is_left_alone(collab_process: Run, folder: Path) -> None:
    with contextlib.closing(sqlite3.connect(folder / "collab.db")) as connection, connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    outcome = collab_process("serve", "--port", "0")
    assert outcome.status == 1
    assert "holds tables of another program: choose another database" in outcome.error


def test_a_file_that_is_no_database_is_left_alone(collab_process: Run, folder: Path) -> None:
    (folder / "collab.db").write_text("a shopping list " * 100)
    outcome = collab_process("serve", "--port", "0")
    assert outcome.status == 1
    assert "its file is not an SQLite database" in outcome.complaint
    assert "Traceback" not in outcome.complaint
    assert (folder / "collab.db").read_text() == "a shopping list " * 100


def test_a_document_type_that_can_t_be_used_is_one_line_at_the_start(
    collab_process: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_package(folder, "songs", "import no_such_module", "song = songs:SongType")
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
    outcome = collab_process("serve", "--port", "0")
    assert outcome.status == 2
    assert outcome.error == (
        "the document type 'song' of the package 'songs' can't be used: ModuleNotFoundError: "
        "No module named 'no_such_module'; repair the package or uninstall it"
    )
