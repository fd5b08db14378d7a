"""The generator's client: what comes in any pieces is counted once and in order."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from benchmarks.fanout.client import Client, LoadFailed
from benchmarks.fanout.feed import Feed, Record

OPENED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


def frame(**fields: object) -> bytes:
    payload = msgspec.json.encode(fields)
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    return b"\x81\x7e" + size.to_bytes(2, "big") + payload


def state(content: str = "") -> bytes:
    return frame(type="document_state", content=content, version=4, epoch="e", last_id=0)


def change(version: int, retain: int = 1) -> bytes:
    operation = {"ops": [{"retain": retain}, {"insert": "x"}]}
    return frame(
        type="document_change", operation=operation, user_id="c9", client_id="c9", version=version
    )


def ack(version: int) -> bytes:
    return frame(type="ack", id=1, version=version)


class Sink(asyncio.Transport):
    """Takes what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.aborted = False

    def write(self, data: object) -> None:
        pass

    def is_closing(self) -> bool:
        return False

    def abort(self) -> None:
        self.aborted = True


@pytest.fixture
async def client() -> Client:
    client = Client(Feed(Record()), "doc", 0)
    client.connection_made(Sink())
    return client


async def test_the_same_is_counted_however_it_is_cut(client: Client) -> None:
    received = OPENED + state("x" * 200) + change(5) + ack(6) + change(7) + change(8, 999)
    for size in (1, 2, 7, 150, len(received)):
        one = Client(Feed(Record()), "doc", 0)
        one.connection_made(Sink())
        for at in range(0, len(received), size):
            one.data_received(received[at : at + size])
        found = (one.version, one.received, one.acknowledged, one.content_length, one.caret)
        assert found == (8, 3, 1, 200, 202), size
        assert one.feed.record.gaps == 0


async def test_what_many_receive_is_decoded_once(client: Client) -> None:
    other = Client(client.feed, "doc", 1)
    other.connection_made(Sink())
    for each in (client, other):
        each.data_received(OPENED + state())
        each.data_received(change(5) + change(6))
    assert (client.version, other.version, client.received, other.received) == (6, 6, 2, 2)
    assert len(client.feed.changes) == 2


async def test_a_change_that_is_missing_is_noticed(client: Client) -> None:
    client.data_received(OPENED + state() + change(5) + change(7))
    assert client.feed.record.gaps == 1


async def test_a_refused_edit_fails_the_load(client: Client) -> None:
    with pytest.raises(LoadFailed, match="out_of_order: no"):
        client.data_received(OPENED + frame(type="error", code="out_of_order", message="no"))
    assert len(client.feed.record.failures) == 1


async def test_latencies_are_those_of_the_author_s_edits(client: Client) -> None:
    client.feed.record.is_on = True
    author = Client(client.feed, "doc", 9)
    author.connection_made(Sink())
    for each in (author, client):
        each.data_received(OPENED + state())
    author.edit()
    client.data_received(change(5, 0))
    author.data_received(ack(5))
    (latency,) = client.feed.record.latencies
    assert 0 <= latency < 60
    assert client.feed.record.deliveries == 1
