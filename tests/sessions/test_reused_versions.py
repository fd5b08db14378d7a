"""A version that a client resumes from is known by its checksum: its number may be given again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from collab.app import Collab
from tests.conftest import Make
from tests.damage import damage
from tests.wire import Refused, Wire, connect


async def type_letters(wire: Wire, letters: str, client_id: str) -> list[dict[str, Any]]:
    """Type, and return the acks; the client has edited nothing before."""
    state = await wire.until("document_state")
    assert state["client_id"] == client_id
    acks: list[dict[str, Any]] = []
    version = state["version"]
    for number, letter in enumerate(letters, 1):
        await wire.edit(state["last_id"] + number, version, {"insert": letter})
        acks.append(await wire.until("ack"))
        version = acks[-1]["version"]
    return acks


async def history(app: Collab, letters: str) -> tuple[str, list[int | None]]:
    """The epoch of a document that these letters were typed into, and the checksum of each of its
    versions from 0 on, as they were told."""
    ann = await connect(app, "doc", client_id="a")
    acks = await type_letters(ann, letters, "a")
    await ann.leave()
    record = await app.manager.store.catalog.find_document("doc")
    assert record is not None
    return record.epoch, [None, *(ack["checksum"] for ack in acks)]


async def first_frame(app: Collab, **query: Any) -> dict[str, Any]:
    wire = await connect(app, "doc", **{name: each for name, each in query.items() if each})
    frame = await wire.receive()
    await wire.leave()
    return frame


def lose_after(file: Path, version: int) -> None:
    """What a log that is damaged does: the newest edits are gone, and all else is sound."""
    damage(file, "DELETE FROM operations WHERE version > ?", version)
    damage(file, "DELETE FROM snapshots WHERE version > ?", version)
    damage(
        file,
        "UPDATE documents SET version = ?1, checksum = "
        "(SELECT checksum FROM operations WHERE version = ?1)",
        version,
    )


async def test_every_frame_that_brings_a_version_tells_its_checksum(app: Collab) -> None:
    bob = await connect(app, "doc", client_id="b")
    assert "checksum" not in await bob.until("document_state")
    epoch, checksums = await history(app, "xyz")
    assert len(set(checksums)) == 4
    assert all(type(each) is int and 0 <= each < 2**53 for each in checksums[1:])
    seen = [(await bob.until("document_change"))["checksum"] for _ in range(3)]
    assert seen == checksums[1:]
    state = await first_frame(app)
    assert (state["version"], state["checksum"]) == (3, checksums[3])
    assert "diverged" not in state
    ann = await connect(app, "doc", client_id="a", version=1, epoch=epoch)
    assert (await ann.expect("document_resumed"))["checksum"] == checksums[1]
    assert [(await ann.expect("ack"))["checksum"] for _ in range(2)] == checksums[2:]


async def test_versions_keep_their_checksums_when_the_server_starts_again(make_app: Make) -> None:
    app = await make_app()
    epoch, checksums = await history(app, "xyz")
    await app.close()
    app = await make_app()
    assert (await first_frame(app))["checksum"] == checksums[3]
    for version in (1, 2, 3):
        frame = await first_frame(
            app, client_id="b", version=version, epoch=epoch, checksum=checksums[version]
        )
        assert (frame["type"], frame["checksum"]) == ("document_resumed", checksums[version])


@pytest.mark.parametrize("kept", [5, 1000], ids=["from storage", "from memory"])
async def test_a_version_of_another_checksum_gets_the_state(make_app: Make, kept: int) -> None:
    app = await make_app(max_history_operations=kept)
    epoch, checksums = await history(app, "abcdefghijklmnopqrst")
    for version in (1, 3, 19, 20):
        checksum = checksums[version]
        assert checksum is not None
        query = {"client_id": "b", "version": version, "epoch": epoch}
        frame = await first_frame(app, **query, checksum=checksum)
        assert (frame["type"], frame.get("checksum")) == ("document_resumed", checksum)
        assert (await first_frame(app, **query))["type"] == "document_resumed"
        frame = await first_frame(app, **query, checksum=checksum ^ 1)
        assert (frame["type"], frame["version"], frame["diverged"]) == ("document_state", 20, True)
        assert (frame["content"], frame["checksum"]) == ("tsrqponmlkjihgfedcba", checksums[20])


@pytest.mark.parametrize("query", [{"version": 9}, {"version": 1, "epoch": "another"}])
async def test_a_version_of_no_such_history_has_diverged(app: Collab, query: dict) -> None:
    epoch, checksums = await history(app, "x")
    frame = await first_frame(app, **{"epoch": epoch, "checksum": checksums[1], **query})
    assert (frame["type"], frame["diverged"]) == ("document_state", True)


async def test_a_version_that_is_no_longer_kept_is_not_said_to_have_diverged(
    make_app: Make,
) -> None:
    app = await make_app()
    epoch, checksums = await history(app, "abcdef")
    await app.close()
    app = await make_app()
    record = await app.manager.store.catalog.find_document("doc")
    assert record is not None
    await app.manager.store.operations.compact(record.key, epoch, 4, '"dcba"')
    told = [
        await first_frame(
            app, client_id="b", version=version, epoch=epoch, checksum=checksums[version]
        )
        for version in (3, 4, 5)
    ]
    kinds = [frame["type"] for frame in told]
    assert kinds == ["document_state", "document_resumed", "document_resumed"]
    assert "diverged" not in told[0]
    frame = await first_frame(app, client_id="b", version=4, epoch=epoch, checksum=checksums[5])
    assert (frame["type"], frame["diverged"]) == ("document_state", True)


async def test_a_version_that_has_gone_while_the_document_is_open_is_not_said_to_have_diverged(
    make_app: Make,
) -> None:
    app = await make_app(max_history_operations=5)
    bob = await connect(app, "doc", client_id="b")
    epoch, checksums = await history(app, "abcdefghijklmnopqrst")
    record = await app.manager.store.catalog.find_document("doc")
    assert record is not None
    await app.manager.store.operations.compact(record.key, epoch, 10, '"jihgfedcba"')
    frame = await first_frame(app, client_id="c", version=3, epoch=epoch, checksum=checksums[3])
    assert (frame["type"], frame["version"]) == ("document_state", 20)
    assert "diverged" not in frame
    await bob.leave()


async def test_a_version_that_was_lost_and_given_again_is_another_one(
    make_app: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    app = await make_app()
    epoch, checksums = await history(app, "abc")
    await app.close()
    lose_after(tmp_path / "collab.db", 1)
    app = await make_app()
    assert (await first_frame(app))["checksum"] == checksums[1]
    carl = await connect(app, "doc", client_id="c")
    acks = await type_letters(carl, "xyz", "c")
    assert [ack["version"] for ack in acks] == [2, 3, 4]
    query = {"client_id": "b", "epoch": epoch}
    frame = await first_frame(app, **query, version=3, checksum=checksums[3])
    assert (frame["type"], frame["diverged"]) == ("document_state", True)
    assert (frame["version"], frame["content"]) == (4, "zyxa")
    assert app.manager.metrics.joins_diverged == 1
    assert "version 3 of another history" in caplog.text
    frame = await first_frame(app, **query, version=1, checksum=checksums[1])
    assert frame["type"] == "document_resumed"
    frame = await first_frame(app, **query, version=3, checksum=acks[1]["checksum"])
    assert frame["type"] == "document_resumed"


async def test_what_was_stored_before_there_were_checksums_is_resumed_without(
    make_app: Make, tmp_path: Path
) -> None:
    app = await make_app()
    epoch, _ = await history(app, "abc")
    await app.close()
    for table in ("documents", "operations"):
        damage(tmp_path / "collab.db", f"UPDATE {table} SET checksum = NULL")
    app = await make_app()
    assert "checksum" not in await first_frame(app)
    frame = await first_frame(app, client_id="b", version=2, epoch=epoch)
    assert frame["type"] == "document_resumed"
    assert "checksum" not in frame


@pytest.mark.parametrize("checksum", ["x", "-1", "1.0", "", "٣"])
async def test_a_checksum_that_is_no_number_is_refused(app: Collab, checksum: str) -> None:
    with pytest.raises(Refused, match="checksum") as refused:
        await connect(app, "doc", version=0, epoch="x", checksum=checksum)
    assert (refused.value.status, refused.value.body["code"]) == (400, "invalid_request")
