"""How often one connection may edit, and say where it is."""

from __future__ import annotations

import asyncio

from collab.client import connect as open_editor
from tests.conftest import Make
from tests.served import Serve
from tests.wire import Wire, connect

# No token comes back while a test runs.
NEVER = 1e-9

LETTER = {"insert": "x"}


async def type_letters(wire: Wire, count: int) -> None:
    """As many edits, one after the other, each acknowledged."""
    for edit_id in range(1, count + 1):
        await wire.edit(edit_id, edit_id - 1, LETTER)
        assert await wire.acknowledged() == edit_id


async def test_edits_beyond_the_rate_are_refused_and_the_connection_stays(make_app: Make) -> None:
    app = await make_app(edits_per_second=NEVER, edits_burst_maximum=3)
    wire = await connect(app, "doc")
    await wire.expect("document_state")
    await type_letters(wire, 3)
    await wire.edit(4, 3, LETTER)
    error = await wire.expect("error")
    assert (error["code"], error["id"]) == ("rate_limited", 4)
    assert "edits_per_second" in error["message"]
    assert "after 3 at once (edits_burst_maximum)" in error["message"]
    # Other frames are counted apart, and other editors too.
    await wire.send({"type": "ping"})
    await wire.expect("pong")
    other = await connect(app, "doc")
    assert (await other.expect("document_state"))["content"] == "xxx"
    await other.edit(1, 3, LETTER)
    assert await other.acknowledged() == 4


async def test_who_edits_on_regardless_of_the_rate_is_closed(make_app: Make) -> None:
    app = await make_app(edits_per_second=NEVER, edits_burst_maximum=3)
    wire = await connect(app, "doc")
    await wire.expect("document_state")
    await type_letters(wire, 3)
    for _ in range(4):
        await wire.edit(4, 3, LETTER)
    assert (await wire.expect("error"))["code"] == "rate_limited"
    assert await wire.closed() == 1008


async def test_presence_and_pings_beyond_the_rate_are_refused(make_app: Make) -> None:
    app = await make_app(presences_per_second=NEVER, presences_burst_maximum=2)
    wire = await connect(app, "doc")
    await wire.expect("document_state")
    await wire.send({"type": "presence", "data": 1})
    await wire.send({"type": "ping"})
    await wire.expect("pong")
    await wire.send({"type": "presence", "data": 2})
    error = await wire.expect("error")
    assert error["code"] == "rate_limited"
    assert "after 2 at once (presences_burst_maximum)" in error["message"]
    await type_letters(wire, 5)
    # What was refused has not reached the others.
    other = await connect(app, "doc")
    await other.expect("document_state")
    assert (await other.expect("presence"))["data"] == 1


async def test_who_sends_pings_regardless_of_the_rate_is_closed(make_app: Make) -> None:
    app = await make_app(presences_per_second=NEVER, presences_burst_maximum=2)
    wire = await connect(app, "doc")
    for _ in range(5):
        await wire.send({"type": "ping"})
    assert await wire.closed() == 1008


async def test_an_editor_that_is_too_fast_waits_and_loses_nothing(serve: Serve) -> None:
    served = await serve(edits_per_second=40, edits_burst_maximum=5)
    refused = asyncio.Event()
    async with open_editor(served.url, "doc") as editor:
        receive = editor._session.receive

        def watched(frame):
            if frame["type"] == "error":
                assert frame["code"] == "rate_limited"
                refused.set()
            return receive(frame)

        editor._session.receive = watched
        for letter in "abcdefghijklmn":
            editor.edit(
                {
                    "ops": [
                        *([{"retain": len(editor.content)}] if editor.content else []),
                        {"insert": letter},
                    ]
                }
            )
            await editor.saved()
    assert refused.is_set()
    _, version, content = await served.app.manager.read_document("doc")
    assert (version, content) == (14, "abcdefghijklmn")
