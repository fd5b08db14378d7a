"""Any file name, any encoding, any kind of input and output: a clear end, and no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from collab.cli import program
from collab.cli.texts import file_title

from .conftest import Run
from .test_program import commands

SECONDS = 120

ENCODINGS: dict[str, dict[str, str]] = {
    "latin-1": {"LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "latin-1"},
    "ascii": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


def run(
    folder: Path,
    *arguments: str | bytes,
    environment: dict[str, str] | None = None,
    **options: Any,
) -> subprocess.CompletedProcess[bytes]:
    command: Sequence[str | bytes] = [sys.executable, "-m", "collab", *arguments]
    options = {"stdout": subprocess.PIPE, "stdin": subprocess.DEVNULL, **options}
    done = subprocess.run(
        command,
        cwd=folder,
        stderr=subprocess.PIPE,
        timeout=SECONDS,
        check=False,
        env={**os.environ, **(environment or {})},
        **options,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode(errors="replace")
    assert b"Exception ignored" not in done.stderr, done.stderr.decode(errors="replace")
    return done


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_names_and_titles_of_any_script_go_through_any_terminal(
    folder: Path, collab: Run, encoding: str
) -> None:
    environment = ENCODINGS[encoding]
    name = "żółw 🙂.md".encode()
    (folder / os.fsdecode(name)).write_text("text 🙂")
    (folder / os.fsdecode(b"caf\xe9.md")).write_text("text")
    title = "Καλημέρα 🙂".encode()
    for arguments in (
        ["documents", "import", name, "--id", "a"],
        ["documents", "import", b"caf\xe9.md", "--id", "b"],
        ["documents", "import", name, "--id", "c", "--title", title],
        ["documents", "list"],
        ["documents", "show", "c"],
        ["documents", "export", "a", "-o", b"\xff\n.md"],
    ):
        done = run(folder, *arguments, environment=environment)
        assert (done.returncode, done.stderr) == (0, b"")
    assert (folder / os.fsdecode(b"\xff\n.md")).read_text() == "text 🙂"
    found = run(folder, "documents", "list", "--search", title, environment=environment)
    assert found.stdout.startswith(b"c\t")
    # What is stored does not depend on the terminal.
    listed = [line.split("\t") for line in collab("documents", "list").output.splitlines()]
    assert {line[0]: line[4] for line in listed} == {
        "a": name.decode(),
        "b": "caf\N{REPLACEMENT CHARACTER}.md",
        "c": title.decode(),
    }


NOT_UTF8 = b"\xff\xfe"


@pytest.mark.parametrize(
    "arguments",
    [
        ["documents", "list", "--search", NOT_UTF8],
        ["documents", "show", NOT_UTF8],
        ["documents", "export", NOT_UTF8],
        ["documents", "import", "notes.md", "--title", NOT_UTF8],
        ["documents", "import", "notes.md", "--id", NOT_UTF8],
        ["documents", "import", "notes.md", "--type", NOT_UTF8],
        ["documents", "import", NOT_UTF8],
        ["documents", "export", "notes", "-o", b"missing/" + NOT_UTF8],
        ["check", NOT_UTF8],
        ["repair", NOT_UTF8],
        ["delete", "--yes", NOT_UTF8],
        ["token", NOT_UTF8],
        ["token", "ann", "--name", NOT_UTF8],
        ["token", "ann", "--document", NOT_UTF8 + b"=owner"],
        ["backup", b"missing/" + NOT_UTF8],
        ["restore", NOT_UTF8],
        ["check", "--database", b"sqlite:///" + NOT_UTF8],
        ["migrate", "--database", b"sqlite:///missing/" + NOT_UTF8],
        ["serve", "--host", NOT_UTF8, "--insecure-open"],
    ],
)
def test_an_argument_that_is_not_utf_8_is_a_clear_error(
    collab: Run,
    folder: Path,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str | bytes],
) -> None:
    (folder / "notes.md").write_text("text")
    monkeypatch.setenv("COLLAB_TOKEN_SECRET", "s" * 40)
    outcome = collab(*map(os.fsdecode, arguments))
    assert outcome.status in (1, 2)
    assert outcome.complaint.splitlines()[-1].startswith("Error: ")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--title", "x" * 201], "the limit is 200"),
        (["--title", "a\nb"], "parameter 'title' holds"),
        (["--title", "a\x1b[31m"], "parameter 'title' holds"),
        (["--id", ""], "got the document id ''"),
        (["--id", "."], "document id"),
        (["--id", ".."], "document id"),
    ],
)
def test_a_title_and_an_id_are_checked_on_import(
    collab: Run, folder: Path, arguments: list[str], complaint: str
) -> None:
    (folder / "notes.md").write_text("text")
    outcome = collab("documents", "import", "notes.md", *arguments)
    assert outcome.status == 1
    assert complaint in outcome.error
    assert collab("documents", "list").output == ""


@pytest.mark.parametrize("name", ["x" * 250, "a\nb\x1b[31m", "ż" * 120, " ", "\u3000"])
def test_any_file_name_gives_a_title(collab: Run, folder: Path, name: str) -> None:
    (folder / name).write_text("text")
    outcome = collab("documents", "import", name, "--id", "notes")
    assert (outcome.status, outcome.complaint) == (0, "")
    assert collab("documents", "list").output.count("\n") == 1
    assert len(file_title(folder / name, 200)) <= 200


def test_a_file_is_read_from_standard_input(folder: Path) -> None:
    done = run(folder, "documents", "import", "-", "--id", "a", input=b"text\r\n", stdin=None)
    assert (done.returncode, done.stdout) == (0, b"a\n")
    assert run(folder, "documents", "export", "a").stdout == b"text\r\n"
    assert run(folder, "documents", "list").stdout.endswith(b"\t\n")


def test_without_standard_input_and_output_the_command_says_so(folder: Path) -> None:
    (folder / "notes.md").write_text("text")
    assert run(folder, "documents", "import", "notes.md", "--id", "a").returncode == 0
    collab = [sys.executable, "-m", "collab"]
    for arguments, closed in (
        (["documents", "import", "-"], "<&-"),
        (["documents", "export", "a"], ">&-"),
        (["delete", "a"], "<&-"),
        (["delete", "a"], "</dev/null"),
    ):
        done = subprocess.run(
            ["sh", "-c", f'"$@" {closed}', "sh", *collab, *arguments],
            cwd=folder,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 1
        assert b"Traceback" not in done.stderr
        assert b"Error: " in done.stderr
    assert run(folder, "documents", "export", "a").stdout == b"text"


def test_nothing_is_deleted_without_a_yes(folder: Path, file: Path) -> None:
    done = run(folder, "delete", "notes", input=b"n\n", stdin=None)
    assert done.returncode == 1
    assert b"nothing was deleted" in done.stderr
    done = run(folder, "delete", "notes", input=b"y\n", stdin=None)
    assert (done.returncode, done.stdout) == (0, b"notes: deleted\n")


@pytest.mark.parametrize(
    "arguments",
    [["documents", "list"], ["documents", "export", "notes"], ["check"], ["--help"]],
)
@pytest.mark.parametrize("sink", ["closed pipe", "full disk"])
def test_an_output_that_takes_nothing_ends_the_command_quietly(
    folder: Path, file: Path, arguments: list[str], sink: str
) -> None:
    if sink == "full disk":
        with open("/dev/full", "wb") as full:
            done = run(folder, *arguments, stdout=full)
        assert done.returncode == 1
        assert done.stderr == b"Error: No space left on device\n"
        return
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = run(folder, *arguments, stdout=writer)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


def test_a_command_that_is_interrupted_ends_with_130(folder: Path, file: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "collab", "documents", "import", "/dev/stdin"],
        cwd=folder,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "COLLAB_DATABASE": "sqlite:///other.db"},
    )
    while not (folder / "other.db-wal").exists():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    output, complaint = process.communicate(timeout=SECONDS)
    assert b"Traceback" not in complaint
    assert (process.returncode, output) == (130, b"")


NUMBERS = [
    ["documents", "show", "notes", "--version", "9" * 30],
    ["documents", "export", "notes", "--version", "9" * 30],
    ["compact", "--keep-operations", "9" * 30],
    ["compact", "--keep-days", "nan"],
    ["compact", "--keep-days", "1e308"],
    ["purge", "--older-than-days", "nan"],
    ["purge", "--older-than-days", "inf"],
    ["token", "ann", "--hours", "nan"],
    ["token", "ann", "--hours", "1e308"],
    ["token", "ann", "--hours", "-1"],
]


@pytest.mark.parametrize("arguments", NUMBERS)
def test_a_number_that_can_t_be_is_refused(
    collab: Run, file: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setenv("COLLAB_TOKEN_SECRET", "s" * 40)
    outcome = collab(*arguments)
    assert outcome.status == 2
    assert "Error: Invalid value for" in outcome.complaint


IN_MEMORY = [
    "sqlite://",
    "sqlite:///:memory:",
    "sqlite+aiosqlite://",
    "sqlite:///file:notes?mode=memory&uri=true",
]
ARGUMENTS = {
    "backup": ["copy.db"],
    "restore": ["copy.db"],
    "compact": ["--keep-operations", "1"],
    "delete": ["notes", "--yes"],
    "documents import": ["notes.md"],
    "documents export": ["notes"],
    "documents show": ["notes"],
}
WITH_DATABASE = [
    name.removeprefix("collab ")
    for name, command in commands(program, "collab")
    if any(parameter.name == "database" for parameter in command.params)
    and not name.endswith(" serve")
]


@pytest.mark.parametrize("url", IN_MEMORY)
@pytest.mark.parametrize("name", WITH_DATABASE)
def test_a_database_in_memory_is_refused(collab: Run, folder: Path, name: str, url: str) -> None:
    for each in ("copy.db", "notes.md"):
        (folder / each).write_text("text")
    outcome = collab(*name.split(), "--database", url, *ARGUMENTS.get(name, []))
    assert outcome.status == 2
    assert "is in memory" in outcome.error


def test_a_server_with_a_database_in_memory_warns(folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "collab", "serve", "--port", "0", "--database", "sqlite://"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("collab is serving at ")
    process.terminate()
    _, complaint = process.communicate(timeout=SECONDS)
    assert "every document is lost when this server ends" in complaint


@pytest.mark.parametrize(
    "arguments",
    [
        ["documents", "import", "folder"],
        ["documents", "export", "notes", "-o", "folder"],
        ["documents", "export", "notes", "-o", "/proc/nothing"],
        ["backup", "folder"],
        ["backup", "/proc/copy.db"],
        ["backup", "text.txt"],
        ["restore", "folder", "--replace"],
        ["restore", "text.txt", "--replace"],
        ["restore", "empty", "--replace"],
        ["restore", "collab.db", "--database", "sqlite:////proc/collab.db"],
        ["check", "--database", "sqlite:///folder"],
        ["check", "--database", "sqlite:///text.txt"],
        ["repair", "--drop-after-damage", "--database", "sqlite:///text.txt"],
        ["repair", "--drop-after-damage", "--database", "sqlite:///folder"],
        ["compact", "--keep-days", "1", "--vacuum", "--database", "sqlite:///text.txt"],
        ["purge", "--database", "sqlite:///text.txt"],
        ["documents", "list", "--database", "sqlite:///folder"],
        ["migrate", "--database", "sqlite:///folder"],
    ],
)
def test_a_file_of_the_wrong_kind_is_a_clear_error(
    collab: Run, folder: Path, file: Path, arguments: list[str]
) -> None:
    (folder / "folder").mkdir()
    (folder / "text.txt").write_text("a text" * 1000)
    (folder / "empty").write_text("")
    before = file.read_bytes()
    outcome = collab(*arguments)
    assert outcome.status in (1, 2)
    assert outcome.complaint.splitlines()[-1].startswith("Error: ")
    assert file.read_bytes() == before
