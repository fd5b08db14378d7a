"""Reads every frame that the server sends, and compares it with what is committed by then."""

from __future__ import annotations

from typing import Any

import msgspec

from .store import Disk
from .violation import Violation

__all__ = ["StreamWitness"]

# What an editor that keeps to the protocol may be told, given these faults.
ERRORS = {"storage_unavailable", "version_gone", "document_full"}


class StreamWitness:
    """Of one connection: nothing is shown or acknowledged before it is committed, the content told
    is that of its version, and versions rise by 1.

    `asked` is the query of the handshake.
    """

    def __init__(self, store: Disk, doc_id: str, asked: dict[str, str]) -> None:
        self._store = store
        self._doc_id = doc_id
        self._asked = asked
        self._client_id = asked["client_id"]
        self._version: int | None = None

    def watch(self, text: str) -> None:
        """Raises `Violation`."""
        frame = msgspec.json.decode(text)
        kind = frame["type"]
        if kind in ("document_state", "document_resumed"):
            self._begin(frame)
        elif kind in ("ack", "document_change"):
            self._follow(frame, kind == "ack")
        elif kind == "error" and frame["code"] not in ERRORS:
            raise Violation("refused", f"{self._client_id} was told {text}")

    def _begin(self, frame: dict[str, Any]) -> None:
        log = self._store.log(self._doc_id)
        version = frame["version"]
        if self._version is not None:
            raise Violation("stream", f"{self._client_id} was told a second state")
        if version > len(log.entries):
            raise Violation("uncommitted", f"version {version} of {len(log.entries)} was told")
        if frame["type"] == "document_state":
            if frame["content"] != log.contents[version]:
                raise Violation("state", f"{self._doc_id} at {version} is not {frame['content']!r}")
        elif str(version) != self._asked.get("version"):
            raise Violation("resume", f"{self._asked} was resumed from {version}")
        last_id = max((e.id for e in log.entries if e.client_id == self._client_id), default=0)
        if frame["last_id"] < self._last_id_at(version) or frame["last_id"] > last_id + 1:
            raise Violation("last_id", f"{self._client_id} was told {frame['last_id']}")
        self._version = version

    def _last_id_at(self, version: int) -> int:
        entries = self._store.log(self._doc_id).entries[:version]
        return max((e.id for e in entries if e.client_id == self._client_id), default=0)

    def _follow(self, frame: dict[str, Any], is_ack: bool) -> None:
        version = frame["version"]
        entry = self._store.log(self._doc_id).entry(version)
        if entry is None:
            raise Violation("uncommitted", f"{frame['type']} of version {version} was told")
        if is_ack:
            told, stored = (self._client_id, frame["id"]), (entry.client_id, entry.id)
        else:
            told = (frame["client_id"], frame["operation"])
            stored = (entry.client_id, entry.operation)
        if told != stored:
            raise Violation("stream", f"version {version} is {stored}, told was {told}")
        if self._version is None or version > self._version + 1:
            raise Violation("gap", f"{self._client_id} got {version} after {self._version}")
        if version <= self._version and not is_ack:
            raise Violation("repeat", f"{self._client_id} got {version} after {self._version}")
        self._version = max(self._version, version)
