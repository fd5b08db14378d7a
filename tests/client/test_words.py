"""What one person types in one go stays together, whatever others write at that place meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from collab.client import Editor, connect
from collab.client import editor as editor_module
from collab.client.backoff import Backoff
from collab.ot import get_type
from tests.relay import Relay
from tests.served import Serve, Served

DOC_TYPES = ["text", "richtext"]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between attempts are as short as they can be."""
    monkeypatch.setattr(editor_module, "Backoff", lambda: Backoff(0.01, 0.01))


def insert(offset: int, text: str) -> dict[str, Any]:
    return {"ops": [*([{"retain": offset}] if offset else []), {"insert": text}]}


def type_word(editor: Editor, word: str, start: int = 0) -> None:
    """Type a letter at a time."""
    for offset, letter in enumerate(word, start):
        editor.edit(insert(offset, letter))


def text_of(content: Any) -> str:
    if type(content) is str:
        return content
    return "".join(component["insert"] for component in content["ops"])


@contextlib.asynccontextmanager
async def relayed(served: Served, doc_type: str = "text") -> AsyncIterator[tuple[Editor, Relay]]:
    """An editor behind a cable of its own."""
    relay = Relay(served.port)
    try:
        async with connect(relay.url, "doc", doc_type=doc_type) as editor:
            yield editor, relay
    finally:
        relay.close()


async def until(condition: Callable[[], bool]) -> None:
    while True:
        if condition():
            return
        await asyncio.sleep(0.001)


async def until_offline(*editors: Editor) -> None:
    await until(lambda: not any(editor.online for editor in editors))


def is_sent(editor: Editor) -> bool:
    inflight = editor._session.inflight
    return inflight is not None and inflight.sent


@pytest.mark.parametrize("doc_type", DOC_TYPES)
@pytest.mark.parametrize("is_stored", [True, False], ids=["stored", "lost"])
@pytest.mark.parametrize("first", [0, 1])
async def test_words_of_two_who_lost_their_connections_stay_whole(
    serve: Serve, doc_type: str, is_stored: bool, first: int
) -> None:
    served = await serve()
    async with relayed(served, doc_type) as one, relayed(served, doc_type) as other:
        editors, relays = (one[0], other[0]), (one[1], other[1])
        # The first letters are on their way when the connections die, and may have come.
        for editor, relay in (one, other):
            relay.hold(answers_only=is_stored)
            type_word(editor, "t")
        await until(lambda: all(map(is_sent, editors)))
        if is_stored:
            document = served.app.manager.documents["doc"]
            await until(lambda: document.history.head == 2)
        for relay in relays:
            relay.cut()
        await until_offline(*editors)
        type_word(editors[0], "abA ", 1)
        type_word(editors[1], "abB ", 1)
        relays[first].mend()
        relays[1 - first].mend()
        for editor in editors:
            await editor.saved()
        _, version, content = await served.app.manager.read_document("doc")
        for editor in editors:
            await editor.reached(version)
            assert editor.content == content
        assert text_of(content).strip() in ("tabA tabB", "tabB tabA")


@pytest.mark.parametrize("doc_type", DOC_TYPES)
async def test_a_word_goes_on_behind_its_letters_that_were_saved_before_others_wrote_there(
    serve: Serve, doc_type: str
) -> None:
    served = await serve()
    async with relayed(served, doc_type) as (one, relay), relayed(served, doc_type) as (other, _):
        type_word(one, "t")
        await one.saved()
        await other.reached(1)
        relay.cut()
        await until_offline(one)
        type_word(other, "tabB ", 1)
        await other.saved()
        type_word(one, "abA ", 1)
        relay.mend()
        await one.saved()
        await other.reached(one.version)
        assert one.content == other.content
        assert text_of(one.content).strip() == "tabA tabB"


async def test_what_is_written_elsewhere_gives_way_to_what_others_wrote_there(
    serve: Serve,
) -> None:
    served = await serve()
    async with relayed(served) as (one, relay), relayed(served) as (other, _):
        type_word(one, "ab")
        await one.saved()
        await other.reached(one.version)
        relay.cut()
        await until_offline(one)
        other.edit(insert(0, "X"))
        await other.saved()
        one.edit(insert(0, "Y"))
        relay.mend()
        await one.saved()
        assert one.content == "XYab"


@pytest.mark.parametrize(
    ("operation", "written"),
    [
        (insert(0, "a"), (0, 1)),
        (insert(3, "a\U0001f600"), (3, 6)),
        ({"ops": [{"retain": 2}, {"insert": {"image": "x"}}, {"insert": "b"}]}, (2, 4)),
        ({"ops": [{"insert": "a"}, {"retain": 1}, {"insert": "b"}]}, None),
        ({"ops": [{"insert": "a"}, {"delete": 1}]}, None),
        ({"ops": [{"retain": 2, "attributes": {"bold": True}}]}, None),
        ({"ops": []}, None),
    ],
)
def test_where_an_operation_writes(operation: Any, written: tuple[int, int] | None) -> None:
    kind: Any = get_type("richtext")
    assert kind.written(operation) == written
