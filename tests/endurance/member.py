"""One connection to one document, again and again: it types, and notes what is acknowledged."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from collab.client.address import document_address
from collab.client.temporary import TEMPORARY_CODES

__all__ = ["Account", "Member", "Pace"]

clock = time.perf_counter

OPEN_SECONDS = 30
RETRY_SECONDS = 0.5
JUNK = (
    "",
    "{",
    "[]",
    "null",
    '{"type":"edit"}',
    '{"type":"edit","id":1,"version":-1,"operation":{"ops":[]}}',
    '{"type":"edit","id":1,"version":0,"operation":{"ops":[{"delete":1000000000}]}}',
    '{"type":"edit","id":7,"version":999999999,"operation":{"ops":[{"insert":"!"}]}}',
    '{"type":"presence","version":0,"cursor":{"anchor":-1,"head":1e99}}',
    '{"type":"document_state","content":"mine"}',
    "[" * 5000,
    "x" * 100_000,
    b"\x00\xff",
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How members behave: seconds between edits, between leaves, and of standing still."""

    edit_seconds: float
    stay_seconds: float
    stall_seconds: float


@dataclass(slots=True)
class Account:
    """What one member did and was told. `acknowledged` has the version of each edit `id`, or None
    where the server told on joining that it has the edit."""

    doc_id: str
    client_id: str
    kind: str
    sent: int = 0
    acknowledged: dict[int, int | None] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    closes: Counter[int] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    gaps: int = 0
    joins: int = 0


@dataclass(slots=True)
class Sent:
    """The one edit on its way: its frame, and when it was sent over this connection."""

    id: int
    frame: str
    at: float | None = None


class Member:
    """One `client_id`.

    Args:
        kind: `steady` stays; `restless` leaves and comes again; `stalled` stops reading now and
            then; `hostile` sends what no editor would, and never a valid edit.
    """

    def __init__(self, url: str, doc_id: str, client_id: str, kind: str, pace: Pace) -> None:
        self.account = Account(doc_id, client_id, kind)
        self._url = url
        self._pace = pace
        self._random = random.Random(client_id)
        self._editing = True
        self._version: int | None = None
        self._epoch = ""
        self._inflight: Sent | None = None

    async def live(self, seconds: float, drain_seconds: float) -> Account:
        """Edit for so long, then wait until the last edit is acknowledged."""
        stop = asyncio.get_running_loop().call_later(seconds, self._stop)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds + drain_seconds):
                await asyncio.sleep(self._random.uniform(0, min(2.0, seconds / 4)))
                while not self._done():
                    await self._connect()
        stop.cancel()
        return self.account

    def _stop(self) -> None:
        self._editing = False

    def _done(self) -> bool:
        return not self._editing and self._inflight is None

    async def _connect(self) -> None:
        query = {"client_id": self.account.client_id}
        if self._version is not None:
            query |= {"version": str(self._version), "epoch": self._epoch}
        address = document_address(self._url, self.account.doc_id, query)
        try:
            async with connect(
                address,
                compression=None,
                max_size=None,
                ping_interval=None,
                open_timeout=OPEN_SECONDS,
                close_timeout=1,
            ) as websocket:
                self.account.joins += 1
                await self._stay(websocket)
        except (OSError, InvalidHandshake) as error:
            self.account.refusals[type(error).__name__] += 1
            await asyncio.sleep(self._random.uniform(0, RETRY_SECONDS))
        except ConnectionClosed as closed:
            self.account.closes[closed.rcvd.code if closed.rcvd else 1006] += 1
            await asyncio.sleep(self._random.uniform(0, RETRY_SECONDS))

    async def _stay(self, websocket: ClientConnection) -> None:
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(self._read(websocket)), loop.create_task(self._act(websocket))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end

    # -- what it does ---------------------------------------------------------------------------

    async def _act(self, websocket: ClientConnection) -> None:
        """Returns when the member leaves."""
        pace, kind = self._pace, self.account.kind
        leave_at = clock() + self._random.expovariate(1 / pace.stay_seconds)
        while not self._done():
            await asyncio.sleep(self._random.expovariate(1 / pace.edit_seconds))
            if kind == "hostile":
                await websocket.send(self._random.choice(JUNK))
            elif self._editing and self._inflight is None and self._version is not None:
                self._type()
                await self._send(websocket)
            if clock() > leave_at and kind == "restless":
                return
            if clock() > leave_at and kind == "stalled":
                websocket.transport.pause_reading()
                await asyncio.sleep(pace.stall_seconds)
                websocket.transport.resume_reading()
                leave_at = clock() + self._random.expovariate(1 / pace.stay_seconds)

    def _type(self) -> None:
        self.account.sent += 1
        self._inflight = self._edit(self.account.sent)

    def _edit(self, edit_id: int) -> Sent:
        letter = chr(97 + edit_id % 26)
        return Sent(
            edit_id,
            f'{{"type":"edit","id":{edit_id},"version":{self._version},'
            f'"operation":{{"ops":[{{"insert":"{letter}"}}]}}}}',
        )

    async def _send(self, websocket: ClientConnection) -> None:
        if self._inflight is not None:
            self._inflight.at = clock()
            await websocket.send(self._inflight.frame)

    # -- what it is told ------------------------------------------------------------------------

    async def _read(self, websocket: ClientConnection) -> None:
        """Returns when there is a gap, or nothing left to do."""
        while not self._done():
            frame = msgspec.json.decode(await websocket.recv())
            match frame["type"]:
                case "document_change":
                    if frame["version"] != (self._version or 0) + 1:
                        self.account.gaps += 1
                        return
                    self._version = frame["version"]
                case "ack":
                    self._acknowledged(frame["id"], frame["version"])
                case "document_state" | "document_resumed":
                    self._joined(frame)
                    await self._send(websocket)
                case "error":
                    await self._refused(frame, websocket)

    def _acknowledged(self, edit_id: int, version: int) -> None:
        self._version = max(self._version or 0, version)
        sent = self._inflight
        if sent is None or sent.id != edit_id:
            return
        if sent.at is not None:
            self.account.latencies.append(clock() - sent.at)
        self.account.acknowledged[edit_id] = version
        self._inflight = None

    def _joined(self, frame: dict[str, Any]) -> None:
        self._version, self._epoch = frame["version"], frame["epoch"]
        sent = self._inflight
        if sent is None:
            return
        sent.at = None
        if frame["type"] == "document_state" and frame["last_id"] >= sent.id:
            self.account.acknowledged[sent.id] = None
            self._inflight = None

    async def _refused(self, frame: dict[str, Any], websocket: ClientConnection) -> None:
        self.account.refusals[frame["code"]] += 1
        sent = self._inflight
        if sent is None or frame.get("id") != sent.id:
            return
        if frame["code"] == "version_gone":
            # Not accepted, and its `id` not used up: it is made anew.
            self._inflight = self._edit(sent.id)
        elif frame["code"] not in TEMPORARY_CODES:
            return
        await asyncio.sleep(self._random.uniform(0, RETRY_SECONDS))
        await self._send(websocket)
