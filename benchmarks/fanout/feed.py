"""The frames that the clients of one document receive; each change is decoded once for all."""

from __future__ import annotations

import itertools
import math
from array import array
from collections import defaultdict, deque

import msgspec

__all__ = [
    "Ack",
    "Change",
    "DocumentResumed",
    "DocumentState",
    "Entry",
    "Feed",
    "Record",
    "Refusal",
    "decode",
]

CHANGES_KEPT = 20_000

Entry = tuple[int, int, float]
"""Version, offset of the insertion (-1 for an `ack`), and the time at which it was sent."""


class Insertion(msgspec.Struct):
    retain: int = 0


class Operation(msgspec.Struct):
    ops: list[Insertion]


class Change(msgspec.Struct, tag="document_change"):
    operation: Operation
    client_id: str
    version: int


class Ack(msgspec.Struct, tag="ack"):
    id: int
    version: int


class DocumentState(msgspec.Struct, tag="document_state"):
    content: str
    version: int
    epoch: str
    last_id: int


class DocumentResumed(msgspec.Struct, tag="document_resumed"):
    version: int
    last_id: int


class Refusal(msgspec.Struct, tag="error"):
    code: str
    message: str


class UserJoined(msgspec.Struct, tag="user_joined"):
    pass


class UserLeft(msgspec.Struct, tag="user_left"):
    pass


class Presence(msgspec.Struct, tag="presence"):
    pass


class ServerShutdown(msgspec.Struct, tag="server_shutdown"):
    pass


Frame = (
    Change
    | Ack
    | DocumentState
    | DocumentResumed
    | Refusal
    | UserJoined
    | UserLeft
    | Presence
    | ServerShutdown
)
decode = msgspec.json.Decoder(Frame).decode


class Record:
    """Counters that are active while `is_on`. A delivery is an edit that reached another client."""

    def __init__(self) -> None:
        self.is_on = False
        self.edits = 0
        self.deliveries = 0
        self.latencies = array("d")
        self.chunks = 0
        self.frames_beside = 0
        self.gaps = 0
        """Changes that were missing or out of order, also while `is_on` is False."""
        self.failures: list[Exception] = []


class Feed:
    """The decoded changes of one document.

    Bounds: the newest `CHANGES_KEPT` changes, and the unacknowledged edits.
    """

    def __init__(self, record: Record) -> None:
        self.record = record
        self.changes: dict[bytes, Entry] = {}
        self.chunk = b""
        self.entries: list[Entry] = []
        self._sent: defaultdict[str, deque[float]] = defaultdict(deque)
        self._newest: defaultdict[str, int] = defaultdict(int)

    def sent(self, client_id: str, at: float) -> None:
        self._sent[client_id].append(at)

    def entry(self, payload: bytes, change: Change) -> Entry:
        """The entry of a change that was not decoded before."""
        sent_at = math.nan
        author = change.client_id
        if change.version > self._newest[author]:
            self._newest[author] = change.version
            # The first client to receive a change has received its author's earlier ones.
            times = self._sent[author]
            if times:
                sent_at = times.popleft()
        entry = (change.version, change.operation.ops[0].retain, sent_at)
        if len(self.changes) > CHANGES_KEPT:
            for old in list(itertools.islice(self.changes, CHANGES_KEPT // 2)):
                del self.changes[old]
        self.changes[payload] = entry
        return entry
