"""Documents in and out by the command line, with and without a server."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from tests.serverprocess import ServerProcess

from .conftest import Run

# What a text file may hold and an editor must not touch: emoji, line ends, no end of line.
TEXT = "# Notes 🙂\r\nmilk\n\teggs\n\nno line end".encode()


@pytest.fixture
def imported(collab: Run, folder: Path) -> Path:
    (folder / "notes.md").write_bytes(TEXT)
    outcome = collab("documents", "import", "notes.md", "--id", "notes")
    assert (outcome.status, outcome.output) == (0, "notes\n")
    return folder


def test_what_is_imported_is_listed_shown_and_exported_byte_for_byte(
    collab: Run, imported: Path
) -> None:
    listed = collab("documents", "list").output
    assert listed.startswith("notes\ttext\t1\t")
    assert listed.endswith("\tnotes.md\n")
    shown = collab("documents", "show", "notes").output
    assert "title:    notes.md\n" in shown
    assert "version:  1\n" in shown
    assert "\tmilk" not in shown
    assert "milk\n\teggs" in shown
    assert collab("documents", "export", "notes").bytes == TEXT
    collab("documents", "export", "notes", "-o", "again.md")
    assert (imported / "again.md").read_bytes() == TEXT


def test_an_earlier_version_is_shown_and_exported(collab: Run, imported: Path) -> None:
    shown = collab("documents", "show", "notes", "--version", "0").output
    assert "version:  0 of 1\n" in shown
    assert collab("documents", "export", "notes", "--version", "0").bytes == b""


def test_an_import_without_an_id_says_which_it_got(collab: Run, imported: Path) -> None:
    made = collab("documents", "import", "notes.md", "--title", "Copy").output
    listed = collab("documents", "list", "--search", "copy").output
    assert listed.split("\t")[0] == made.strip()
    assert listed.endswith("\tCopy\n")


@pytest.mark.parametrize(
    ("arguments", "status", "complaint"),
    [
        (["import", "notes.md", "--id", "notes"], 1, "there is a document 'notes' already"),
        (["import", "notes.md", "--id", "my notes"], 1, "expected 1 to 128 of A-Z"),
        (["import", "latin1.txt"], 1, "latin1.txt is not UTF-8 text"),
        (["show", "nothing"], 1, "there is no document 'nothing'"),
        (["show", "notes", "--version", "2"], 1, "has no version 2: it is at 1"),
        (["export", "nothing", "-o", "out.md"], 1, "there is no document 'nothing'"),
        (["export", "notes", "-o", "missing/out.md"], 1, "missing/out.md"),
        (["list", "--database", "sqlite:///other.db"], 2, "there is no database 'other.db'"),
    ],
)
def test_what_can_t_be_done_is_one_line(
    collab: Run, imported: Path, arguments: list[str], status: int, complaint: str
) -> None:
    (imported / "latin1.txt").write_bytes(b"caf\xe9")
    files = set(imported.iterdir())
    outcome = collab("documents", *arguments)
    assert complaint in outcome.error
    assert outcome.status == status
    assert set(imported.iterdir()) == files


def test_documents_are_exchanged_while_the_server_runs(collab: Run, folder: Path) -> None:
    (folder / "notes.md").write_bytes(TEXT)
    server = ServerProcess(folder)
    server.start()
    try:
        collab("documents", "import", "notes.md", "--id", "notes")
        document = httpx2.get(f"{server.url}/api/documents/notes").json()
        assert (document["content"], document["version"]) == (TEXT.decode(), 1)
        httpx2.post(f"{server.url}/api/documents", json={"doc_id": "online"})
        assert "online\t" in collab("documents", "list").output
    finally:
        server.stop()
