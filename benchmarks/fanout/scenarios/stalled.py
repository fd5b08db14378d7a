"""Stalled readers: their cost for the other readers, and their memory."""

from __future__ import annotations

import asyncio
import socket

from ..client import Client
from ..load import Figures, Load
from ..machine import memory
from .fan_out import FanOut

__all__ = ["stalled"]

# A small buffer, so that the server soon notices a stalled reader.
RECEIVE_BUFFER_BYTES = 4096
TOO_SLOW = 1013


async def stalled(load: Load, count: int) -> Figures:
    """`count` readers stall. Deliveries and latencies are those of the other readers.

    At the end the stalled readers continue, or reconnect if the server has closed them. They must
    receive all changes.
    """
    healthy = load.options.stalled_among - count
    writer, *readers = (load.client("stalled", n) for n in range(load.options.stalled_among + 1))
    await load.join([writer, *readers])
    sleepers = readers[healthy:]
    fan_out = FanOut(writer, readers[:healthy])
    fan_out.begin()
    # The history in memory reaches its full size before memory is measured.
    await asyncio.sleep(load.options.stalled_after_seconds)
    for each in sleepers:
        _stall(each)
    before = memory(load.server.pid).resident
    figures = await load.measure(load.options.seconds)
    figures["resident_growth_kb"] = memory(load.server.pid).resident - before
    fan_out.end()
    await load.drain(lambda: sum(writer.edits - each.received for each in readers[:healthy]))
    await asyncio.gather(*(_come_back(load, each, writer.edits) for each in sleepers))
    await load.check("stalled", writer.edits)
    figures["let_go"] = sum(each.close_code == TOO_SLOW for each in sleepers)
    return figures


def _stall(client: Client) -> None:
    assert client.transport is not None
    sock = client.transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    client.expected_close_codes.add(TOO_SLOW)
    client.pause()


async def _come_back(load: Load, client: Client, version: int) -> None:
    client.resume()
    await load.drain(lambda: client.version < version and not client.closed.done())
    if client.version < version:
        again = load.client(client.doc_id, int(client.client_id[1:]))
        await again.join(load.server.url, f"&epoch={client.epoch}&version={client.version}")
        await load.drain(lambda: version - again.version)
