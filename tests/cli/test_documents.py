"""Documents in and out by the command line, with and without a server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from collab.cli.content import as_text
from collab.ot import get_type
from tests.ot.laws import TYPES
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


def test_documents_are_listed_and_shown_as_json(collab: Run, imported: Path) -> None:
    collab("documents", "import", "notes.md", "--title", "Zweite 🙂", "--id", "second")
    lines = [json.loads(line) for line in collab("documents", "list", "--json").bytes.splitlines()]
    assert [line["doc_id"] for line in lines] == ["second", "notes"]
    assert lines[0]["title"] == "Zweite 🙂"
    assert (lines[0]["doc_type"], lines[0]["version"]) == ("text", 1)
    shown = json.loads(collab("documents", "show", "notes", "--json").bytes)
    assert shown == {**lines[1], "content": TEXT.decode()}
    empty = json.loads(collab("documents", "show", "notes", "--version", "0", "--json").bytes)
    assert (empty["version"], empty["content"]) == (0, "")


CONTENTS: dict[str, Any] = {
    "text": "Hello 🙂\n",
    "richtext": {"ops": [{"insert": "Hello", "attributes": {"bold": True}}, {"insert": {"i": 1}}]},
    "json": {"a": [1, "Hello 🙂", {"b": None}], "é": 2.5},
    "growset": ["Hello", "🙂"],
}


@pytest.mark.parametrize("doc_type", [cases.name for cases in TYPES])
def test_a_document_of_any_type_goes_out_and_in_again(
    collab: Run, folder: Path, doc_type: str
) -> None:
    text = as_text(CONTENTS[doc_type], get_type(doc_type))
    (folder / "file").write_text(text, encoding="utf-8")
    imported = collab("documents", "import", "file", "--type", doc_type, "--id", "doc")
    assert (imported.status, imported.output) == (0, "doc\n")
    assert collab("documents", "list").output.startswith(f"doc\t{doc_type}\t1\t")
    shown = collab("documents", "show", "doc").output
    assert f"type:     {doc_type}\n" in shown
    assert shown.endswith(f"\n\n{text}\n")
    assert collab("documents", "export", "doc").bytes == text.encode()
    empty = as_text(get_type(doc_type).create(), get_type(doc_type))
    assert collab("documents", "export", "doc", "--version", "0").output == empty


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
        (["import", "notes.md", "--type", "json"], 1, "notes.md is not JSON, which the type"),
        (["import", "notes.md", "--type", "song"], 1, "there is no document type 'song'"),
        (["import", "five.json", "--type", "richtext"], 1, 'expected {"ops": [components]}'),
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
    (imported / "five.json").write_text("5")
    files = set(imported.iterdir())
    outcome = collab("documents", *arguments)
    assert complaint in outcome.error
    assert outcome.status == status
    assert set(imported.iterdir()) == files


def test_documents_are_exchanged_while_the_server_runs(collab: Run, folder: Path) -> None:
    (folder / "notes.md").write_bytes(TEXT)
    with ServerProcess(folder) as server:
        collab("documents", "import", "notes.md", "--id", "notes")
        document = httpx2.get(f"{server.url}/api/documents/notes").json()
        assert (document["content"], document["version"]) == (TEXT.decode(), 1)
        httpx2.post(f"{server.url}/api/documents", json={"doc_id": "online"})
        assert "online\t" in collab("documents", "list").output
