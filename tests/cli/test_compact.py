"""`collab compact`, `collab delete` and `collab purge`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from collab.app import Collab
from collab.errors import OutOfOrder
from collab.settings import Settings
from tests.damage import damage, flip, rows
from tests.serverprocess import ServerProcess
from tests.wire import connect

from .conftest import Run
from .filled import contents

NOTES = "document_id = (SELECT id FROM documents WHERE doc_id = 'notes')"


def log_of(file: Path) -> list[object]:
    found = rows(file, f"SELECT version FROM operations WHERE {NOTES} ORDER BY version")
    return [version for (version,) in found]


def test_what_neither_is_young_nor_among_the_newest_goes(collab: Run, file: Path) -> None:
    before = contents(file)
    outcome = collab("compact", "--keep-operations", "10", "--dry-run")
    assert "notes: 35 operations up to version 35" in outcome.output
    assert "35 operations would be removed" in outcome.output
    assert len(log_of(file)) == 45
    outcome = collab("compact", "--keep-operations", "10", "--keep-days", "1")
    assert outcome.output.startswith("0 operations removed")
    outcome = collab("compact", "--keep-operations", "10")
    assert (outcome.status, outcome.complaint) == (0, "")
    assert log_of(file) == list(range(36, 46))
    assert collab("check").output == "4 documents, 12 operations: sound\n"
    assert contents(file) == before
    shown = collab("documents", "export", "notes", "--version", "35")
    assert shown.output == "x" * 35
    gone = collab("documents", "export", "notes", "--version", "34")
    assert "version 34 of document 'notes' is no longer kept: the oldest is 35" in gone.error
    assert collab("compact", "--keep-operations", "10").output.startswith("0 operations")


def test_it_has_to_be_said_what_stays(collab: Run, file: Path) -> None:
    outcome = collab("compact")
    assert outcome.status == 2
    assert "--keep-operations, --keep-days or both" in outcome.complaint


def test_a_damaged_document_is_left_as_it_is_and_the_others_are_not(
    collab: Run, file: Path
) -> None:
    damage(file, f"DELETE FROM snapshots WHERE {NOTES}")
    flip(file, "operations", "operation", 20, 9)
    outcome = collab("compact", "--keep-operations", "0")
    assert outcome.status == 1
    assert "notes: not compacted: the document is damaged: operation 20" in outcome.complaint
    assert len(log_of(file)) == 45
    assert "board: 1 operations up to version 1" in outcome.output


def test_the_file_becomes_smaller_only_while_no_server_has_it(
    collab: Run, file: Path, folder: Path
) -> None:
    damage(file, "CREATE TABLE large AS SELECT zeroblob(300000) AS filling")
    damage(file, "DROP TABLE large")
    size = file.stat().st_size
    with ServerProcess(folder):
        outcome = collab("compact", "--keep-operations", "0", "--vacuum")
        assert "a server or another program has" in outcome.complaint
    assert "bytes freed" in collab("compact", "--keep-operations", "0", "--vacuum").output
    assert file.stat().st_size < size - 290_000


def test_a_damaged_snapshot_that_a_log_begins_with_costs_no_content(
    collab: Run, file: Path
) -> None:
    collab("compact", "--keep-operations", "10")
    before = contents(file)
    flip(file, "snapshots", "content", 35, 9)
    assert "the snapshot of version 35 is damaged" in collab("check").output
    outcome = collab("repair")
    assert outcome.status == 1
    assert "there is no snapshot" not in outcome.output
    assert "notes: the newest content is sound" in outcome.output
    assert "there is no snapshot of version 35, where the log begins" in collab("check").output
    assert contents(file) == before
    assert "is no longer kept" in collab("documents", "show", "notes", "--version", "36").error
    assert collab("compact", "--keep-operations", "2").status == 0
    assert collab("check").status == 0
    assert contents(file) == before


async def edits_sent_again(url: str) -> None:
    app = Collab(Settings(database=url))
    async with app.running():
        for number in (1, 20, 45):
            operation: Any = {"ops": [{"retain": number - 1}, {"insert": "x"}]}
            wire = await connect(app, "notes", client_id="ann-1", user_id="ann")
            assert (await wire.expect("document_state"))["last_id"] == 45
            await wire.edit(number, number - 1, *operation["ops"])
            ack = await wire.expect("ack")
            assert (ack["id"], ack["version"]) == (number, number)
            await wire.edit(number, number - 1, {"insert": "another"})
            assert (await wire.expect("error"))["code"] == "out_of_order"
            await wire.leave()
            await wire.task
        version = await app.manager.handle_edit(
            "notes", "ann", {"ops": [{"insert": "new"}]}, 45, client_id="ann-1", edit_id=46
        )
        assert version == 46
        with pytest.raises(OutOfOrder):
            await app.manager.handle_edit(
                "notes", "ann", {"ops": []}, 46, client_id="ann-1", edit_id=48
            )


@pytest.mark.parametrize("kept", ["0", "10"])
def test_an_edit_that_is_compacted_is_recognised_when_it_is_sent_again(
    collab: Run, file: Path, kept: str
) -> None:
    assert collab("compact", "--keep-operations", kept).status == 0
    asyncio.run(edits_sent_again(f"sqlite:///{file}"))
    assert collab("check").status == 0
    assert contents(file)["notes"] == (46, "new" + "x" * 45)


# -- delete -------------------------------------------------------------------------------------


def test_a_deleted_document_is_gone_until_its_deletion_is_forgotten(
    collab: Run, file: Path
) -> None:
    outcome = collab("delete", "notes", "--yes")
    assert (outcome.status, outcome.output) == (0, "notes: deleted\n")
    assert "there is no document 'notes'" in collab("delete", "notes", "--yes").error
    assert rows(file, "SELECT doc_id FROM tombstones") == [(b"notes",)]
    assert collab("check").output.startswith("3 documents, 2 operations")
    kept = collab("purge", "--older-than-days", "1")
    assert kept.output.startswith("0 deleted documents forgotten")
    assert collab("purge").output.startswith("0 deleted documents forgotten")
    gone = collab("purge", "--older-than-days", "0")
    assert gone.output.startswith("1 deleted documents forgotten, 0 damaged snapshots")
    assert rows(file, "SELECT doc_id FROM tombstones") == []


def test_snapshots_that_were_set_aside_can_be_purged(collab: Run, file: Path) -> None:
    flip(file, "snapshots", "content", 45, 9)
    assert collab("repair").status == 0
    outcome = collab("purge", "--older-than-days", "0")
    assert outcome.output.endswith("1 damaged snapshots deleted\n")
    assert rows(file, "SELECT * FROM damaged_snapshots") == []
