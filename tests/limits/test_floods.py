"""Peers that send and send, and go on when they are told to stop, on the real server."""

from __future__ import annotations

import asyncio

import pytest
from websockets.frames import Frame, Opcode

from tests.rawpeer import RawPeer, raw_peer
from tests.served import Serve, Served
from tests.wire import connect

PATH = "/ws/documents/doc?client_id=flood"
FLOODS = {
    "presence": Frame(Opcode.TEXT, b'{"type":"ping"}'),
    "bad frames": Frame(Opcode.TEXT, b"{"),
    "refused edits": Frame(
        Opcode.TEXT, b'{"type":"edit","id":9,"version":0,"operation":{"ops":[]}}'
    ),
    "pings": Frame(Opcode.PING, b""),
    "pongs": Frame(Opcode.PONG, b"unasked"),
}

# More than the systems' buffers on the way: so much is only sent to somebody who reads.
MAXIMUM_BYTES = 40_000_000


async def flood(peer: RawPeer, frame: Frame) -> int:
    """Send it until the peer is cut off; how many bytes went out."""
    block = frame.serialize(mask=True) * 1000
    sent = 0
    reading = asyncio.ensure_future(peer.rest())
    try:
        while sent < MAXIMUM_BYTES:
            await peer.send(block)
            sent += len(block)
    except ConnectionError:
        await reading
    finally:
        reading.cancel()
    return sent


@pytest.fixture
async def served(serve: Serve) -> Served:
    return await serve(presences_burst=50, edits_burst=50, edits_per_second=50)


@pytest.mark.parametrize("kind", FLOODS)
async def test_who_sends_on_after_being_closed_is_cut_off(served: Served, kind: str) -> None:
    ann = await connect(served.app, "doc", client_id="a")
    await ann.expect("document_state")
    async with raw_peer(served.address, PATH) as peer:
        assert b'"document_state"' in (await peer.frame()).data
        assert await flood(peer, FLOODS[kind]) < MAXIMUM_BYTES
    assert (await ann.until("user_left"))["client_id"] == "flood"
    await ann.edit(1, 0, {"insert": "still here"})
    assert await ann.acknowledged() == 1


@pytest.mark.parametrize("kind", ["pings", "pongs"])
async def test_who_sends_too_many_websocket_pings_is_closed(served: Served, kind: str) -> None:
    async with raw_peer(served.address, PATH) as peer:
        assert b'"document_state"' in (await peer.frame()).data
        await peer.send(FLOODS[kind].serialize(mask=True) * 200)
        assert (await peer.rest()).endswith(
            (1008).to_bytes(2, "big") + b"too many pings (presences_per_second)"
        )
