"""The state machine of one editor: no I/O, no clock.

    confirmed (version) ── inflight ── pending ──▶ content, as the user sees it

`inflight` is the one edit that is sent and not acknowledged. What was sent is frozen; `current` is
the same change moved along to the confirmed version. `pending` is all that was edited since,
composed. A change S that was committed before a local change P stays first at equal positions:
P becomes `transform(P, S, "right")`, and S is shown as `transform(S, P, "left")`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..frames import encode_json
from ..ot import Buffer, OperationType, get_type
from .errors import DocumentReplaced, EditRefused, StreamGap, TakenOver

__all__ = ["SENT_AGAIN", "Change", "Inflight", "Session"]

RETRIED = frozenset({"storage_unavailable", "rate_limited", "internal"})
"""The codes after which the same frozen edit is sent again."""

SENT_AGAIN = RETRIED | {"version_gone"}
"""The codes after which the change is sent again, frozen or made anew."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change that this editor did not make: `operation` applies to the content before it.

    `refusal` is set where it takes back an own edit that the server refused.
    """

    operation: Any
    version: int
    user_id: str
    client_id: str
    refusal: EditRefused | None = None


@dataclass(slots=True)
class Inflight:
    """One edit on its way: `id`, `version` and `operation` as first sent."""

    id: int
    version: int
    operation: Any
    current: Any
    sent: bool = False

    @property
    def frame(self) -> str:
        """The text of its `edit` frame, the same every time."""
        return encode_json(
            {"type": "edit", "id": self.id, "version": self.version, "operation": self.operation}
        )


class Session:
    """One editor of one document, from its first join across all reconnects.

    `online` says whether the server has answered the present connection.

    Give every frame of the server to `receive` in order, send what `outgoing` returns, and call
    `disconnected` when a connection has ended. Bounds: one inflight edit, one pending operation.
    """

    def __init__(self) -> None:
        self.doc_type: OperationType | None = None
        self.client_id = ""
        self.user_id = ""
        self.epoch = ""
        self.version = 0
        self.last_id = 0
        self.inflight: Inflight | None = None
        self.pending: Any = None
        self._confirmed: Buffer | None = None
        self._content: Buffer | None = None
        self.online = False

    @property
    def joined(self) -> bool:
        """Whether there is content: the first join has succeeded."""
        return self._content is not None

    @property
    def unsaved(self) -> bool:
        """Whether a local change is not acknowledged."""
        return self.inflight is not None or self.pending is not None

    @property
    def content(self) -> Any:
        """The content with all local changes; it must not be changed."""
        return self._known()[2].content()

    # -- local changes --------------------------------------------------------------------------

    def edit(self, operation: Any) -> None:
        """A local change, made on `content` as it is now.

        Raises:
            InvalidOperation: nothing has changed.
        """
        doc_type, _, content = self._known()
        operation = doc_type.normalize(operation)
        pending = operation
        if self.pending is not None:
            pending = doc_type.compose(self.pending, operation)
        content.apply(operation)
        self.pending = pending

    def outgoing(self) -> Inflight | None:
        """The edit to send now on this connection, once; None if there is none."""
        if not self.online:
            return None
        if self.inflight is None and self.pending is not None:
            self.inflight = Inflight(self.last_id + 1, self.version, self.pending, self.pending)
            self.pending = None
        if self.inflight is None or self.inflight.sent:
            return None
        self.inflight.sent = True
        return self.inflight

    # -- connections ----------------------------------------------------------------------------

    def disconnected(self) -> None:
        """The connection has ended: nothing goes out before the server has answered a new one."""
        self.online = False

    @property
    def query(self) -> dict[str, str]:
        """The query parameters that a new connection resumes with; none before the first join."""
        if not self.joined:
            return {}
        return {
            "client_id": self.client_id,
            "version": str(self.version),
            "epoch": self.epoch,
        }

    def receive(self, frame: dict[str, Any]) -> Change | None:
        """Act on one frame of the server; what is no business of the session is passed over.

        Returns:
            How the content has changed, None if it has not.

        Raises:
            StreamGap: reconnect.
            DocumentReplaced, TakenOver: the session has come to its end.
        """
        handler = HANDLERS.get(frame["type"])
        return None if handler is None else handler(self, frame)

    def _state(self, frame: dict[str, Any]) -> Change | None:
        inflight = self.inflight
        if inflight and frame["epoch"] == self.epoch and frame["last_id"] >= inflight.id:
            # The server's content has it already.
            self.inflight = None
        if self.unsaved:
            raise DocumentReplaced(
                "the server has another history of this document than the one that the unsaved "
                "changes were made on: bring them in from this error's content",
                self.content,
            )
        before = self._content.content() if self._content is not None else None
        self.doc_type = doc_type = get_type(frame["doc_type"])
        content = doc_type.create(frame["content"])
        self._confirmed, self._content = doc_type.buffer(content), doc_type.buffer(content)
        self.epoch, self.version = frame["epoch"], frame["version"]
        self._identify(frame)
        if before is None or before == content:
            return None
        return Change(doc_type.difference(before, content), self.version, "", "")

    def _resumed(self, frame: dict[str, Any]) -> None:
        if frame["version"] != self.version or frame["epoch"] != self.epoch:
            raise StreamGap(f"resumed from version {frame['version']}, expected {self.version}")
        expected = self.last_id + (self.inflight is not None)
        if frame["last_id"] > expected:
            raise TakenOver(
                f"client_id '{self.client_id}' has edits that are not of this editor: "
                "each editor needs a client_id of its own"
            )
        last_id = self.last_id
        self._identify(frame)
        # Whether the inflight edit is in is told by its ack, which comes in the stream.
        self.last_id = last_id

    def _identify(self, frame: dict[str, Any]) -> None:
        self.client_id = frame["client_id"]
        self.user_id = frame["user"]["user_id"]
        self.last_id = frame["last_id"]
        self.online = True
        if self.inflight is not None:
            self.inflight.sent = False

    # -- the stream -----------------------------------------------------------------------------

    def _ack(self, frame: dict[str, Any]) -> None:
        edit_id, version = frame["id"], frame["version"]
        if edit_id <= self.last_id and version <= self.version:
            return
        self._follow(version)
        inflight = self.inflight
        if inflight is None or inflight.id != edit_id:
            raise TakenOver(
                f"edit {edit_id} of client_id '{self.client_id}' is not of this editor: "
                "each editor needs a client_id of its own"
            )
        self._known()[1].apply(inflight.current)
        self.inflight = None
        self.last_id = edit_id
        self.version = version

    def _change(self, frame: dict[str, Any]) -> Change:
        version, operation = frame["version"], frame["operation"]
        self._follow(version)
        doc_type, confirmed, content = self._known()
        confirmed.apply(operation)
        transform = doc_type.transform
        if self.inflight is not None:
            current = self.inflight.current
            self.inflight.current = transform(current, operation, "right")
            operation = transform(operation, current, "left")
        if self.pending is not None:
            pending = self.pending
            self.pending = transform(pending, operation, "right")
            operation = transform(operation, pending, "left")
        content.apply(operation)
        self.version = version
        return Change(operation, version, frame["user_id"], frame["client_id"])

    def _follow(self, version: int) -> None:
        if version != self.version + 1 or not self.online:
            raise StreamGap(f"got version {version}, expected {self.version + 1}")

    def _error(self, frame: dict[str, Any]) -> Change | None:
        inflight = self.inflight
        if inflight is None or frame.get("id") != inflight.id:
            return None
        if frame["code"] in RETRIED:
            inflight.sent = False
            return None
        if frame["code"] == "version_gone":
            self._thaw(inflight)
            return None
        refusal = EditRefused(frame["code"], frame["message"], inflight.operation)
        return Change(self._take_back(), self.version, self.user_id, self.client_id, refusal)

    def _thaw(self, inflight: Inflight) -> None:
        """What is too old to be transformed by the server is sent anew on the newest version."""
        pending = inflight.current
        if self.pending is not None:
            pending = self._known()[0].compose(pending, self.pending)
        self.pending, self.inflight = pending, None

    def _take_back(self) -> Any:
        """Undo the inflight edit under the pending ones; its `id` is free again."""
        doc_type, confirmed, content = self._known()
        assert self.inflight is not None
        undo = doc_type.invert(self.inflight.current, confirmed.content())
        self.inflight = None
        if self.pending is not None:
            pending = self.pending
            self.pending = doc_type.transform(pending, undo, "right")
            undo = doc_type.transform(undo, pending, "left")
        content.apply(undo)
        return undo

    def _known(self) -> tuple[OperationType, Buffer, Buffer]:
        if self.doc_type is None or self._confirmed is None or self._content is None:
            raise RuntimeError("there is no content before the document is joined")
        return self.doc_type, self._confirmed, self._content


Handler = Callable[[Session, dict[str, Any]], Change | None]
HANDLERS: dict[str, Handler] = {
    "ack": Session._ack,
    "document_change": Session._change,
    "document_resumed": Session._resumed,
    "document_state": Session._state,
    "error": Session._error,
}
