"""How large a frame may be, of how many parts, and how many may be bad."""

from __future__ import annotations

from typing import Any

import pytest
from websockets.frames import Frame, Opcode

from tests.conftest import Make
from tests.rawpeer import RawPeer, raw_peer
from tests.served import Serve
from tests.wire import connect


def edit(text: str) -> dict[str, Any]:
    return {"type": "edit", "id": 1, "version": 0, "operation": {"ops": [{"insert": text}]}}


@pytest.mark.parametrize(
    ("frame", "limit"),
    [
        (edit("x" * 1000), "1000"),
        ({"type": "presence", "data": "x" * 500}, "500"),
        ({"type": "ping", "data": "x" * 500}, "500"),
    ],
    ids=["edit", "presence", "ping"],
)
async def test_a_frame_that_is_too_large_is_refused_and_the_connection_stays(
    make_app: Make, frame: dict[str, Any], limit: str
) -> None:
    app = await make_app(max_operation_bytes=1000, max_presence_bytes=500)
    wire = await connect(app, "doc")
    await wire.expect("document_state")
    await wire.send(frame)
    error = await wire.expect("error")
    assert error["code"] == "too_large"
    assert f"the limit is {limit}" in error["message"]
    assert error.get("id") == frame.get("id")
    await wire.send(edit("short"))
    assert await wire.acknowledged() == 1


async def test_a_document_that_is_full_may_still_shrink(make_app: Make) -> None:
    app = await make_app(max_document_size=10)
    wire = await connect(app, "doc")
    await wire.expect("document_state")
    await wire.send(edit("x" * 11))
    error = await wire.expect("error")
    assert (error["code"], error["id"]) == ("document_full", 1)
    assert "a size of 11, the limit is 10" in error["message"]
    await wire.send(edit("x" * 10))
    assert await wire.acknowledged() == 1
    await wire.edit(2, 1, {"delete": 1})
    assert await wire.acknowledged() == 2


async def after_fragments(peer: RawPeer, count: int) -> Frame:
    """What the server says to a ping in so many fragments."""
    parts = [
        Frame(Opcode.TEXT, b'{"type":', fin=False),
        *[Frame(Opcode.CONT, b"", fin=False)] * (count - 2),
        Frame(Opcode.CONT, b'"ping"}'),
    ]
    assert b'"document_state"' in (await peer.frame()).data
    await peer.send(b"".join(part.serialize(mask=True) for part in parts))
    return await peer.frame()


async def test_a_frame_of_too_many_fragments_closes_the_connection(serve: Serve) -> None:
    served = await serve(max_frame_fragments=5)
    async with raw_peer(served.address, "/ws/documents/doc") as peer:
        pong = await after_fragments(peer, 5)
        assert (pong.opcode, b'"pong"' in pong.data) == (Opcode.TEXT, True)
    async with raw_peer(served.address, "/ws/documents/doc") as peer:
        close = await after_fragments(peer, 6)
        assert close.opcode == Opcode.CLOSE
        assert close.data == (1009).to_bytes(2, "big") + b"more than 5 fragments"
