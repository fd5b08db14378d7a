"""`collab check` and `collab repair`, on real files with real damage."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.damage import damage, flip, rows
from tests.serverprocess import ServerProcess

from .conftest import Run
from .filled import contents

NOTES = "document_id = (SELECT id FROM documents WHERE doc_id = 'notes')"


def snapshots(file: Path) -> list[int]:
    found = rows(file, f"SELECT version FROM snapshots WHERE {NOTES} ORDER BY version")
    return [int(str(version)) for (version,) in found]


def test_a_sound_database_is_sound_and_stays_as_it_is(collab: Run, file: Path) -> None:
    before = rows(file, "SELECT * FROM snapshots") + rows(file, "SELECT * FROM operations")
    for arguments in (["check"], ["check", "notes", "empty"], ["repair"], ["repair", "--dry-run"]):
        outcome = collab(*arguments)
        assert (outcome.status, outcome.complaint) == (0, "")
    assert collab("check").output == "4 documents, 47 operations: sound\n"
    assert rows(file, "SELECT * FROM snapshots") + rows(file, "SELECT * FROM operations") == before


def test_what_is_found_is_written_as_json(collab: Run, file: Path) -> None:
    flip(file, "snapshots", "content", 45, 9, 0)
    outcome = collab("check", "--json")
    assert outcome.status == 1
    *documents, database = [json.loads(line) for line in outcome.bytes.splitlines()]
    found = {document["doc_id"]: document["findings"] for document in documents}
    assert found.pop("notes") == ["the snapshot of version 45 is damaged"]
    assert list(found.values()) == [[], [], []]
    notes = next(document for document in documents if document["doc_id"] == "notes")
    assert notes["version"] == notes["readable_version"] >= 45
    assert database == {"documents": 4, "operations": 47, "damaged_documents": 1, "findings": []}


@pytest.mark.parametrize("bit", [0, 7])
def test_a_damaged_snapshot_is_found_set_aside_and_stored_anew(
    collab: Run, file: Path, bit: int
) -> None:
    before = contents(file)
    flip(file, "snapshots", "content", 45, 9, bit)
    outcome = collab("check")
    assert outcome.status == 1
    assert "notes: the snapshot of version 45 is damaged\n" in outcome.output
    assert outcome.output.endswith("1 damaged\n")
    outcome = collab("repair", "--dry-run")
    assert outcome.status == 1
    assert "would have set the snapshot of version 45 aside" in outcome.output
    assert rows(file, "SELECT * FROM damaged_snapshots") == []
    outcome = collab("repair")
    assert outcome.status == 0
    assert "notes: set the snapshot of version 45 aside\n" in outcome.output
    assert "notes: stored a snapshot of version 45\n" in outcome.output
    assert collab("check").status == 0
    assert len(rows(file, "SELECT * FROM damaged_snapshots")) == 1
    assert contents(file) == before


def test_a_snapshot_that_the_log_does_not_give_is_found(collab: Run, file: Path) -> None:
    """Its checksum is right: somebody stored the wrong content."""
    first = snapshots(file)[0]
    damage(
        file,
        "UPDATE snapshots SET content = replace(content, 'x', 'y'), checksum = NULL "
        "WHERE version = ?",
        first,
    )
    outcome = collab("check", "notes")
    assert outcome.status == 1
    assert f"the snapshot of version {first} does not match the log" in outcome.output
    assert collab("repair").status == 0
    assert collab("check").status == 0


def test_a_snapshot_beyond_the_log_is_found(collab: Run, file: Path) -> None:
    damage(file, f"UPDATE snapshots SET version = 99 WHERE version = 45 AND {NOTES}")
    outcome = collab("check")
    assert "notes: the snapshot of version 99 belongs to no version of the log" in outcome.output
    assert collab("repair").status == 0
    assert snapshots(file)[-1] == 45


# -- the log ------------------------------------------------------------------------------------

# In the part of the log that comes after the newest sound snapshot, and up to where it is had.
LOG_DAMAGES = {
    "a flipped bit": ("", "operation 43 is not what was stored", 42),
    "a flipped bit that leaves no text": ("", "operation 43 is not what was stored", 42),
    "another author": (
        f"UPDATE operations SET user_id = 'eve' WHERE version = 43 AND {NOTES}",
        "operation 43 is not what was stored",
        42,
    ),
    "a missing row": (
        f"DELETE FROM operations WHERE version = 43 AND {NOTES}",
        "operations 43 to 43 are missing",
        42,
    ),
    "a log cut off": (
        f"DELETE FROM operations WHERE version > 42 AND {NOTES}",
        "operations 43 to 45 are missing",
        42,
    ),
    "swapped rows": (
        f"UPDATE operations SET version = -version WHERE version IN (43, 44) AND {NOTES}; "
        f"UPDATE operations SET version = 87 + version WHERE version < 0 AND {NOTES}",
        "operation 43 is not what was stored",
        42,
    ),
}


def harm(file: Path, name: str, statements: str) -> None:
    if name.startswith("a flipped bit"):
        flip(file, "operations", "operation", 43, 9, 7 if "no text" in name else 0)
    for statement in filter(None, statements.split("; ")):
        assert damage(file, statement)


@pytest.mark.parametrize("name", LOG_DAMAGES)
def test_a_damaged_log_is_found_and_cut_only_if_that_is_said(
    collab: Run, file: Path, name: str
) -> None:
    statements, finding, last = LOG_DAMAGES[name]
    damage(file, f"DELETE FROM snapshots WHERE version = 45 AND {NOTES}")
    harm(file, name, statements)
    outcome = collab("check")
    assert outcome.status == 1
    assert f"notes: {finding}\n" in outcome.output
    before = rows(file, "SELECT version, operation FROM operations")
    outcome = collab("repair")
    assert outcome.status == 1
    assert f"readable up to version {last} of 45: restore a backup" in outcome.output
    assert rows(file, "SELECT version, operation FROM operations") == before
    epoch = rows(file, "SELECT epoch FROM documents WHERE doc_id = 'notes'")
    outcome = collab("repair", "--drop-after-damage")
    assert (outcome.status, outcome.complaint) == (0, "")
    assert f"dropped the operations after version {last}, up to 45" in outcome.output
    assert collab("check").status == 0
    assert contents(file)["notes"] == (last, "x" * last)
    assert rows(file, "SELECT epoch FROM documents WHERE doc_id = 'notes'") != epoch


@pytest.mark.parametrize("name", LOG_DAMAGES)
def test_what_a_sound_snapshot_comes_after_costs_no_content(
    collab: Run, file: Path, name: str
) -> None:
    statements, finding, _ = LOG_DAMAGES[name]
    if name == "a log cut off":
        statements = f"DELETE FROM operations WHERE version BETWEEN 5 AND 9 AND {NOTES}"
        finding = "operations 5 to 9 are missing"
    harm(file, name, statements)
    outcome = collab("repair")
    assert outcome.status == 1
    assert f"notes: {finding}\n" in outcome.output
    assert "notes: the newest content is sound" in outcome.output
    assert contents(file)["notes"] == (45, "x" * 45)
    assert collab("compact", "--keep-operations", "0").status == 0
    assert collab("check").status == 0
    assert contents(file)["notes"] == (45, "x" * 45)


@pytest.mark.parametrize("version", [1, 20, 45])
def test_a_damaged_checksum_is_told_from_a_damaged_operation(
    collab: Run, file: Path, version: int
) -> None:
    damage(file, f"UPDATE operations SET checksum = 7 WHERE version = ? AND {NOTES}", version)
    outcome = collab("check")
    assert outcome.status == 1
    assert f"notes: the checksum of operation {version} is wrong\n" in outcome.output
    outcome = collab("repair")
    assert (outcome.status, outcome.complaint) == (0, "")
    assert "notes: recomputed the checksums" in outcome.output
    assert collab("check").status == 0


def test_a_damaged_checksum_of_the_newest_version_is_mended(collab: Run, file: Path) -> None:
    damage(file, "UPDATE documents SET checksum = 7 WHERE doc_id = 'notes'")
    assert "the checksum of the newest version is wrong" in collab("check").output
    assert collab("repair").status == 0
    assert collab("check").status == 0


def test_operations_beyond_the_newest_version_are_found(collab: Run, file: Path) -> None:
    damage(file, "UPDATE documents SET version = 44 WHERE doc_id = 'notes'")
    outcome = collab("check")
    assert outcome.status == 1
    assert "there are operations up to 45, and the document is at 44" in outcome.output


def test_a_log_of_before_there_were_checksums_is_sound_and_gets_them(
    collab: Run, file: Path
) -> None:
    before = contents(file)
    damage(file, "UPDATE operations SET checksum = NULL")
    damage(file, "UPDATE documents SET checksum = NULL")
    outcome = collab("check")
    assert outcome.status == 0
    assert "47 operations have no checksum" in outcome.output
    assert collab("repair").status == 0
    assert collab("check").output == "4 documents, 47 operations: sound\n"
    assert contents(file) == before


def test_damage_of_the_file_itself_is_found(collab: Run, file: Path) -> None:
    damage(file, "DELETE FROM documents WHERE doc_id = 'rich'")
    damage(file, "UPDATE sqlite_sequence SET seq = 100")
    outcome = collab("check")
    assert outcome.status == 1
    assert "the database: 1 rows of operations belong to no document" in outcome.output


def test_bytes_flipped_in_the_file_are_found(collab: Run, file: Path) -> None:
    damage(file, "PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(file.read_bytes())
    place = data.index(b'{"ops":[{"retain":20}')
    data[place + 3] ^= 4
    file.write_bytes(data)
    outcome = collab("check")
    assert outcome.status == 1
    assert "notes: operation 21 is not what was stored" in outcome.output


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["check", "--database", "sqlite:///other.db"], "there is no database 'other.db'"),
        (["repair", "--database", "sqlite:///other.db"], "there is no database 'other.db'"),
        (["check", "--database", "nonsense"], "not a URL"),
    ],
)
def test_where_nothing_can_be_looked_for_the_code_is_two(
    collab: Run, folder: Path, arguments: list[str], complaint: str
) -> None:
    outcome = collab(*arguments)
    assert complaint in outcome.error
    assert outcome.status == 2
    assert list(folder.iterdir()) == []


def test_another_schema_is_refused(collab: Run, file: Path) -> None:
    damage(file, "UPDATE alembic_version SET version_num = '9999'")
    for command in ("check", "repair"):
        outcome = collab(command)
        assert "newer version" in outcome.error
        assert outcome.status == 2


def test_a_document_that_is_not_there_is_told(collab: Run, file: Path) -> None:
    outcome = collab("check", "nothing")
    assert "there is no document 'nothing'" in outcome.error
    assert outcome.status == 1


def test_while_a_server_runs_nothing_is_dropped(collab: Run, file: Path, folder: Path) -> None:
    with ServerProcess(folder):
        assert collab("check").status == 0
        assert collab("repair").status == 0
        outcome = collab("repair", "--drop-after-damage")
        assert "a server or another program has" in outcome.error
        assert outcome.status == 2
    assert collab("repair", "--drop-after-damage").status == 0
