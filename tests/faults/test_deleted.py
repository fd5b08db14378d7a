"""The database is deleted or moved under a server that is writing to it."""

from __future__ import annotations

from pathlib import Path

from collab.client import connect

from .outage import Outage, serving, until


def rescued(folder: Path) -> list[Path]:
    return list(folder.glob("collab.db.rescued-*"))


async def test_a_database_deleted_underneath_loses_nothing_and_is_taken_up_when_put_back(
    tmp_path: Path, seed: str
) -> None:
    async with serving(tmp_path) as server:
        outage = Outage(server, seed)
        async with outage.editing():
            for file in tmp_path.glob("collab.db*"):
                file.unlink()
            await outage.until_told()
            await outage.until_red("deleted or replaced while in use; it must be put back")
            await until(lambda: len(rescued(tmp_path)) == 1)
            assert not (tmp_path / "collab.db").exists()
            rescued(tmp_path)[0].rename(tmp_path / "collab.db")
            await outage.until_green()
            await outage.until_acknowledged()
        await outage.check()


async def test_a_database_moved_away_is_taken_up_when_it_is_back(tmp_path: Path, seed: str) -> None:
    async with serving(tmp_path) as server:
        outage = Outage(server, seed)
        async with outage.editing():
            (tmp_path / "collab.db").rename(tmp_path / "elsewhere.db")
            await outage.until_told()
            await outage.until_red("deleted or replaced while in use")
            (tmp_path / "elsewhere.db").rename(tmp_path / "collab.db")
            await outage.until_green()
            await outage.until_acknowledged()
        assert not rescued(tmp_path)
        await outage.check()


async def test_a_deleted_log_is_written_anew(tmp_path: Path, seed: str) -> None:
    async with serving(tmp_path) as server:
        outage = Outage(server, seed)
        async with outage.editing():
            log = tmp_path / "collab.db-wal"
            log.unlink()
            # It may be there again before anybody has to be told.
            await until(log.exists)
            await outage.until_green()
            await outage.until_acknowledged()
        await outage.check()


async def test_an_editor_keeps_what_is_typed_meanwhile_and_saves_it_afterwards(
    tmp_path: Path, seed: str
) -> None:
    async with serving(tmp_path) as server:
        outage = Outage(server, seed)
        async with connect(server.url, "plan") as editor:
            editor.edit({"ops": [{"insert": "before"}]})
            await editor.saved()
            (tmp_path / "collab.db").rename(tmp_path / "elsewhere.db")
            editor.edit({"ops": [{"retain": 6}, {"insert": ", meanwhile"}]})
            await outage.until_red("deleted or replaced while in use")
            editor.edit({"ops": [{"retain": 17}, {"insert": ", still"}]})
            assert editor.unsaved
            (tmp_path / "elsewhere.db").rename(tmp_path / "collab.db")
            await editor.saved()
            assert editor.content == "before, meanwhile, still"
        await server.kill()
        await server.start()
        async with connect(server.url, "plan") as reader:
            assert reader.content == "before, meanwhile, still"
