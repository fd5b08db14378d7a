from __future__ import annotations

from pathlib import Path

from collab.storage import Database, DatabaseStore

from .edits import as_given, operation, program


async def test_what_was_acknowledged_survives_the_death_of_the_process(
    url: str, tmp_path: Path
) -> None:
    acknowledged: dict[int, int] = {}
    for lines in (3, 50, 117, 30):
        async with program("-m", "tests.storage.appender", url) as appender:
            assert appender.stdout is not None
            for _ in range(lines):
                note(acknowledged, await appender.stdout.readline())
            appender.kill()
            # What it still said before it died counts too; the last line may be cut off.
            async for line in appender.stdout:
                note(acknowledged, line)
        await verify(url, acknowledged)


def note(acknowledged: dict[int, int], line: bytes) -> None:
    assert line, "the program ended by itself"
    if line.endswith(b"\n"):
        key, version = map(int, line.split())
        assert version > acknowledged.get(key, 0)
        acknowledged[key] = version


async def verify(url: str, acknowledged: dict[int, int]) -> None:
    database = Database(url)
    await database.open()
    store = DatabaseStore(database)
    documents, _ = await store.catalog.list_documents()
    heads = {document.key: document.version for document in documents}
    for key, version in acknowledged.items():
        assert heads[key] >= version
        stored = await store.operations.read(key, 0, 100_000)
        assert as_given(stored) == [operation(number) for number in range(1, heads[key] + 1)]
    await database.close()
