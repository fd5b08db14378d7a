"""Care of a database that a server has open: editors go on, and nothing is applied twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from collab.app import Collab
from collab.documents.document_types import DocumentTypes
from collab.errors import ConfigurationError
from collab.maintenance.check import check_documents
from collab.maintenance.compact import Retention, compact_document, droppable
from collab.maintenance.opening import check_unused, opened
from collab.maintenance.repair import Repair
from collab.storage import DatabaseStore
from tests.damage import damage
from tests.wire import Wire, connect


async def type_letters(wire: Wire, first: int, last: int) -> None:
    """Edits of the ids `first` to `last`; one that the server could not store is sent again."""
    for edit_id in range(first, last + 1):
        answer: dict[str, Any] = {}
        while answer.get("type") != "ack":
            await wire.edit(edit_id, edit_id - 1, {"insert": "x"})
            answer = await wire.expect("ack", "error")
            assert answer["type"] == "ack" or answer["code"] == "storage_unavailable"
        assert (answer["id"], answer["version"]) == (edit_id, edit_id)


async def findings(app: Collab) -> list[str]:
    async with opened(app.settings) as database:
        reports = check_documents(database, DocumentTypes(app.settings))
        return [line async for report in reports for line in report.findings]


async def test_editors_go_on_while_checksums_are_computed(app: Collab, tmp_path: Path) -> None:
    wire = await connect(app, "doc", client_id="a")
    await wire.receive()
    await type_letters(wire, 1, 5)
    damage(tmp_path / "collab.db", "UPDATE operations SET checksum = NULL")
    damage(tmp_path / "collab.db", "UPDATE documents SET checksum = NULL")
    await type_letters(wire, 6, 8)
    types = DocumentTypes(app.settings)
    async with opened(app.settings) as database:
        repair = Repair(database, types, dry_run=False, drop=False)
        async for report in check_documents(database, types):
            assert report.without_checksum == 5
            assert await repair.document(report) == ["recomputed the checksums"]
    await type_letters(wire, 9, 12)
    assert await findings(app) == []
    assert (await app.manager.read_document("doc"))[1:] == (12, "x" * 12)


@pytest.mark.parametrize("keep", [0, 3])
async def test_editors_go_on_while_the_log_is_compacted(app: Collab, keep: int) -> None:
    wire = await connect(app, "doc", client_id="a")
    await wire.receive()
    await type_letters(wire, 1, 10)
    async with opened(app.settings) as database:
        store = DatabaseStore(database)
        record = await store.catalog.find_document("doc")
        assert record is not None
        part = await droppable(store, record, Retention(keep))
        assert part is not None
        types = DocumentTypes(app.settings)
        assert await compact_document(store, types, record, part.version)
    await type_letters(wire, 11, 15)
    await wire.edit(4, 3, {"insert": "x"})
    assert await wire.expect("ack") == {"type": "ack", "id": 4, "version": 4}
    other = await connect(app, "doc", client_id="b")
    assert (await other.expect("document_state"))["content"] == "x" * 15
    assert await findings(app) == []


async def test_a_file_is_unused_only_if_nobody_has_it_open(app: Collab, tmp_path: Path) -> None:
    file = tmp_path / "collab.db"
    with pytest.raises(ConfigurationError, match="a server or another program has"):
        check_unused(file)
    await app.manager.create_document("doc")
    await app.close()
    check_unused(file)
    check_unused(file)
