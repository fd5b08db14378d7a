"""What one peer sends in one go is taken in turns: others come between two of its messages."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time

import pytest
from websockets.frames import Frame, Opcode

from collab.frames import Edit
from collab.sessions.inbound import Inbound
from tests.rawpeer import RawPeer, raw_peer
from tests.served import Served

MESSAGES = 60
PEERS = 8


def ping(number: int) -> bytes:
    return json.dumps({"type": "ping", "data": number}).encode()


def whole(text: bytes) -> bytes:
    return Frame(Opcode.TEXT, text).serialize(mask=True)


def in_two_parts(text: bytes) -> bytes:
    first = Frame(Opcode.TEXT, text[:9], fin=False)
    return first.serialize(mask=True) + Frame(Opcode.CONT, text[9:]).serialize(mask=True)


async def answered(peer: RawPeer, number: int) -> None:
    while True:
        frame = json.loads(bytes((await peer.frame()).data))
        if frame["type"] == "pong" and frame["data"] == number:
            return


@pytest.mark.parametrize("written", [whole, in_two_parts])
async def test_others_come_between_the_messages_of_one_read(
    served: Served, monkeypatch: pytest.MonkeyPatch, written: object
) -> None:
    assert callable(written)
    take = Inbound.receive_nowait
    begun = asyncio.Event()
    taken: list[str] = []

    def slowly(inbound: Inbound, text: str) -> Edit | None:
        taken.append(f"{inbound._connection.client_id} {json.loads(text)['data']}")
        if inbound._connection.client_id == "many":
            begun.set()
            until = time.thread_time() + 0.003
            while time.thread_time() < until:
                pass
        return take(inbound, text)

    monkeypatch.setattr(Inbound, "receive_nowait", slowly)
    path = "/ws/documents/doc?client_id="
    async with (
        raw_peer(served.address, f"{path}many") as many,
        raw_peer(served.address, f"{path}one") as one,
    ):
        messages = b"".join(written(ping(number)) for number in range(MESSAGES))
        assert len(messages) < 8192
        await many.send(messages)
        await begun.wait()
        await one.send(whole(ping(0)))
        await answered(one, 0)
        assert len(taken) < MESSAGES
        await answered(many, MESSAGES - 1)
    taken.remove("one 0")
    assert taken == [f"many {number}" for number in range(MESSAGES)]


@pytest.mark.parametrize("spent", [0.0, 10.0], ids=["with a burst left", "with nothing left"])
async def test_others_come_between_the_messages_of_many_peers_of_one_address(
    served: Served, monkeypatch: pytest.MonkeyPatch, spent: float
) -> None:
    take = Inbound.receive_nowait
    begun = asyncio.Event()
    taken: list[str] = []

    def slowly(inbound: Inbound, text: str) -> Edit | None:
        taken.append(inbound._connection.client_id)
        if inbound._connection.client_id != "one":
            begun.set()
            until = time.thread_time() + 0.02
            while time.thread_time() < until:
                pass
        return take(inbound, text)

    path = "/ws/documents/doc?client_id="
    async with contextlib.AsyncExitStack() as stack:
        one = await stack.enter_async_context(raw_peer(served.address, f"{path}one"))
        await one.send(whole(ping(0)))
        await answered(one, 0)
        many = [
            await stack.enter_async_context(
                raw_peer(served.address, f"{path}many{number}", source="127.0.0.2")
            )
            for number in range(PEERS)
        ]
        budget = served.app.manager.budgets.of_address({"client": ("127.0.0.2", 1)})
        assert budget is not None
        # All may be read now, and what one sends is taken when another has used up the share.
        budget.work.left = 0.001 - spent / 1000
        monkeypatch.setattr(Inbound, "receive_nowait", slowly)
        await asyncio.gather(*(peer.send(whole(ping(1))) for peer in many))
        await begun.wait()
        await one.send(whole(ping(1)))
        await answered(one, 1)
        assert len(taken) - 1 < PEERS
        for peer in many:
            await answered(peer, 1)
    taken.remove("one")
    assert sorted(taken) == [f"many{number}" for number in range(PEERS)]
