"""Whatever care is taken of a database, and in whichever order: no content changes by it."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from collab.app import Collab
from collab.documents.document_types import DocumentTypes
from collab.maintenance.backup import back_up, restore
from collab.maintenance.check import check_database, check_documents
from collab.maintenance.compact import Retention, compact_document, droppable
from collab.maintenance.opening import opened
from collab.maintenance.repair import Repair
from collab.settings import Settings
from collab.storage import DatabaseStore
from tests.damage import damage

# What a failing disk may do without anything being lost.
HARMLESS = (
    "UPDATE snapshots SET content = substr(content, 2)",
    "UPDATE snapshots SET checksum = 5 WHERE version % 2",
    "UPDATE documents SET checksum = 7",
    "UPDATE operations SET checksum = 7 WHERE version % 3 = 1",
)

Step = tuple[str, int]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("edit"), st.integers(1, 12)),
        st.tuples(st.just("compact"), st.integers(0, 10)),
        st.tuples(st.just("harm"), st.integers(0, len(HARMLESS) - 1)),
        st.tuples(st.sampled_from(["repair", "restore"]), st.just(0)),
    ),
    min_size=2,
    max_size=6,
)


class Kept:
    """A database that is edited and taken care of, and what its document should hold."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "collab.db"
        self.settings = Settings(
            database=f"sqlite:///{self.file}", snapshot_interval_operations=4, snapshots_kept=2
        )
        self.text = ""
        self.edits = 0
        self.copies = 0
        self.is_compacted = False

    async def edit(self, count: int) -> None:
        app = Collab(self.settings)
        async with app.running():
            if not self.edits:
                await app.manager.create_document("doc")
            for _ in range(count):
                letter = chr(ord("a") + self.edits % 26)
                await self._send(app, letter)
                self.text = letter + self.text
                self.edits += 1
            # And one that comes again.
            await self._send(app, letter, again=True)

    async def _send(self, app: Collab, letter: str, *, again: bool = False) -> None:
        before = self.edits - again
        operation: dict[str, Any] = {"ops": [{"insert": letter}]}
        version = await app.manager.handle_edit(
            "doc", "ann", operation, before, client_id="ann", edit_id=before + 1
        )
        assert version == before + 1

    async def compact(self, keep: int) -> None:
        types = DocumentTypes(self.settings)
        async with opened(self.settings) as database:
            store = DatabaseStore(database)
            record = await store.catalog.find_document("doc")
            assert record is not None
            part = await droppable(store, record, Retention(keep))
            if part is not None:
                assert await compact_document(store, types, record, part.version)
                self.is_compacted = True

    async def harm(self, which: int) -> None:
        # Where the log begins with a snapshot, nothing could stand in for that.
        if not (self.is_compacted and which < 2):
            damage(self.file, HARMLESS[which])
        await self.repair(0)

    async def repair(self, _: int) -> None:
        types = DocumentTypes(self.settings)
        async with opened(self.settings) as database:
            repair = Repair(database, types, dry_run=False, drop=False)
            async for report in check_documents(database, types):
                await repair.document(report)

    async def restore(self, _: int) -> None:
        self.copies += 1
        copy = self.folder / f"copy{self.copies}.db"
        back_up(self.file, copy)
        self.file.rename(self.folder / f"old{self.copies}.db")
        restore(copy, self.file, replace=False)

    async def verify(self) -> None:
        async with opened(self.settings) as database:
            assert await check_database(database) == []
            async for report in check_documents(database, DocumentTypes(self.settings)):
                assert report.findings == []
                assert report.without_checksum == 0
                assert report.buffer is not None
                assert (report.version, report.buffer.content()) == (self.edits, self.text)
        app = Collab(self.settings)
        async with app.running():
            _, version, content = await app.manager.read_document("doc")
            assert (version, content) == (self.edits, self.text)


async def take(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        kept = Kept(Path(folder))
        await kept.edit(3)
        for name, argument in steps:
            await getattr(kept, name)(argument)
            await kept.verify()


@settings(max_examples=8)
@given(STEPS)
def test_no_care_changes_content(steps: list[Step]) -> None:
    asyncio.run(take(steps))
