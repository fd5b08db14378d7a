"""Documents of which something stored is damaged: what can be rebuilt is, the rest is told."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest

from collab.app import Collab
from collab.errors import DocumentDamaged, NoSuchDocument
from tests.conftest import Make
from tests.damage import damage, flip, rows
from tests.wire import Refused, connect

INSERT = {"ops": [{"insert": "x"}]}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "collab.db"


async def type_letters(app: Collab, count: int, doc_id: str = "doc") -> None:
    for _ in range(count):
        await app.manager.handle_edit(doc_id, "ann", INSERT)


async def test_a_damaged_snapshot_is_rebuilt_from_the_log(
    make_app: Make, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app = await make_app(snapshot_interval_operations=10)
    await app.manager.create_document("doc")
    await type_letters(app, 25)
    await app.close()
    flip(file, "snapshots", "content", 25, 5)
    app = await make_app()
    with caplog.at_level(logging.ERROR):
        wire = await connect(app, "doc", client_id="a")
    state = await wire.receive()
    assert (state["content"], state["version"]) == ("x" * 25, 25)
    assert "the snapshot of version 25 is damaged" in caplog.text
    await wire.leave()
    await wire.task
    await app.manager.sweep(time.monotonic() + 1000)
    assert rows(file, "SELECT content FROM snapshots WHERE version = 25") == [
        (b'"' + b"x" * 25 + b'"',)
    ]
    assert rows(file, "SELECT version FROM damaged_snapshots") == [(25,)]


async def test_a_document_with_no_sound_snapshot_is_rebuilt_from_its_first_operation(
    make_app: Make, file: Path
) -> None:
    app = await make_app(snapshot_interval_operations=10)
    await app.manager.create_document("doc")
    await type_letters(app, 25)
    await app.close()
    damage(file, "UPDATE snapshots SET content = substr(content, 2)")
    app = await make_app()
    assert (await app.manager.read_document("doc"))[2] == "x" * 25


DAMAGES = {
    "a changed operation": "UPDATE operations SET operation = '[]' WHERE version = 24",
    "a missing operation": "DELETE FROM operations WHERE version = 24",
    "a log cut off": "DELETE FROM operations WHERE version > 22",
}


@pytest.mark.parametrize("statement", DAMAGES.values(), ids=DAMAGES.keys())
async def test_a_document_that_can_t_be_read_is_refused_and_the_others_are_not(
    make_app: Make, file: Path, statement: str
) -> None:
    app = await make_app()
    for doc_id in ("other", "doc"):
        await app.manager.create_document(doc_id)
    await type_letters(app, 25)
    await type_letters(app, 3, "other")
    await app.close()
    damage(file, "DELETE FROM snapshots")
    damage(file, f"{statement} AND document_id = (SELECT id FROM documents WHERE doc_id = 'doc')")
    app = await make_app()
    with pytest.raises(Refused) as refused:
        await connect(app, "doc")
    assert refused.value.status == 503
    assert refused.value.body["code"] == "storage_unavailable"
    assert "the document is damaged" in refused.value.body["message"]
    with pytest.raises(DocumentDamaged):
        await app.manager.read_document("doc")
    assert (await app.manager.read_document("other"))[2] == "xxx"
    assert (await app.manager.read_document("doc", 20))[2] == "x" * 20


# -- compacted ----------------------------------------------------------------------------------


def compact(file: Path, version: int) -> None:
    """As if the operations up to this version, which has a snapshot, had been compacted."""
    damage(
        file,
        "UPDATE documents SET compacted_version = ?1, compacted_checksum = "
        "(SELECT checksum FROM operations WHERE version = ?1)",
        version,
    )
    damage(file, "DELETE FROM operations WHERE version <= ?", version)
    damage(file, "DELETE FROM snapshots WHERE version < ?", version)


async def test_who_resumes_from_before_the_log_begins_gets_the_state(
    make_app: Make, file: Path
) -> None:
    app = await make_app(snapshot_interval_operations=10)
    wire = await connect(app, "doc", client_id="a")
    epoch = (await wire.receive())["epoch"]
    await type_letters(app, 25)
    await app.close()
    compact(file, 10)
    app = await make_app()
    wire = await connect(app, "doc", client_id="a", version=9, epoch=epoch)
    assert (await wire.expect("document_state"))["version"] == 25
    wire = await connect(app, "doc", client_id="b", version=10, epoch=epoch)
    assert (await wire.expect("document_resumed"))["version"] == 10
    assert [(await wire.expect("document_change"))["version"] for _ in range(15)][-1] == 25
    with pytest.raises(NoSuchDocument, match="version 9 of document 'doc' is no longer kept"):
        await app.manager.read_document("doc", 9)
    assert (await app.manager.read_document("doc", 10))[2] == "x" * 10


async def test_who_resumes_while_a_document_is_compacted_comes_back_and_gets_the_state(
    make_app: Make, file: Path
) -> None:
    app = await make_app(snapshot_interval_operations=10)
    wire = await connect(app, "doc", client_id="a")
    epoch = (await wire.receive())["epoch"]
    await type_letters(app, 25)
    await app.close()
    app = await make_app()
    first = await connect(app, "doc", client_id="b")
    await first.receive()
    compact(file, 10)
    wire = await connect(app, "doc", client_id="a", version=5, epoch=epoch)
    await wire.expect("document_resumed")
    assert await wire.closed() == 1013
    wire = await connect(app, "doc", client_id="a", version=5, epoch=epoch)
    assert (await wire.expect("document_state"))["version"] == 25
