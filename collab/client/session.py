"""The state machine of one editor: no I/O, no clock.

    confirmed (version) ── inflight ── unsent ──▶ content, as the user sees it

`inflight` is the one edit that is sent and not acknowledged. What was sent is frozen; `current` is
the same change moved along to the confirmed version. `unsent` is all that was edited since. A
change S that was committed before a local change P stays first at equal positions: P becomes
`transform(P, S, "right")`, and S is shown as `transform(S, P, "left")`. A local change that does
not survive S is taken back, alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..frames import encode_json
from ..ot import Buffer, OperationType
from ..ot.types import Side
from .document_types import client_type
from .errors import DocumentReplaced, EditRefused, JoinRefused, StreamGap, TakenOver
from .reading import checksum_in, is_readable
from .rebase import Rebased, as_additions, cross, rebase, way_to
from .temporary import TEMPORARY_CODES
from .unsent import EDIT_BYTES, Part, Unsent, composed

__all__ = ["SENT_AGAIN", "Change", "Inflight", "Replaced", "Session"]

SENT_AGAIN = TEMPORARY_CODES | {"version_gone"}
"""The codes after which the change is sent again, frozen or made anew."""

SENT_APART = frozenset({"invalid_operation", "too_large", "document_full"})
"""The codes after which the parts of an edit are sent one by one: maybe one only is at fault."""

LEAST_EDIT_BYTES = 1024
"""An edit that is `too_large` is cut into smaller ones down to this size."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """Content that the server had acknowledged and does not have any more.

    `content` and `version` are what the editor had; `reason` says in words what has happened.
    """

    content: Any
    version: int
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """A change that this editor did not make: `operation` applies to the content before it.

    `operation` is None where the type has no operation that leads to the new content: then take
    `content`. `refusals` are own edits that the change takes back, `replaced` is set where
    the server came back with another history.
    """

    operation: Any
    version: int
    user_id: str
    client_id: str
    refusals: tuple[EditRefused, ...] = ()
    replaced: Replaced | None = None

    @property
    def refusal(self) -> EditRefused | None:
        """The first of `refusals`, None if there is none."""
        return self.refusals[0] if self.refusals else None


@dataclass(slots=True)
class Inflight:
    """One edit on its way: `id`, `version` and `operation` as first sent.

    `parts` are the edits that it is composed of, moved along like `current`. It is `reduced` when a
    change of others has left no place for some of them: then `parts` and `current` are those
    that are left, None if none is, and the server's answer to the whole is waited for. It is
    `guessed` when the server may make something else of it than `current`, and `stored` once the
    server has said so.
    """

    id: int
    version: int
    operation: Any
    current: Any
    parts: list[Part] = field(default_factory=list)
    sent: bool = False
    reduced: bool = False
    guessed: bool = False
    stored: bool = False

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
    `disconnected` when a connection has ended. Bounds: one inflight edit; what is edited meanwhile
    is composed as far as it can be.
    """

    def __init__(self) -> None:
        self.doc_type: OperationType | None = None
        self.client_id = ""
        self.user_id = ""
        self.epoch = ""
        self.version = 0
        self.checksum: int | None = None
        self.last_id = 0
        self.inflight: Inflight | None = None
        self.online = False
        self._unsent: Unsent | None = None
        self._confirmed: Buffer | None = None
        self._content: Buffer | None = None
        # Where what was written here last ends; None if that is not known.
        self._end: int | None = None
        self._edit_bytes = EDIT_BYTES
        self._needs_state = False
        # The version of a `document_state` that is not acted on: it may hold the inflight edit, or
        # another one of that id. The server's answer to the edit tells.
        self._in_doubt: int | None = None

    @property
    def joined(self) -> bool:
        """Whether there is content: the first join has succeeded."""
        return self._content is not None

    @property
    def unsaved(self) -> bool:
        """Whether a local change is not acknowledged."""
        is_sent = self.inflight is not None and self.inflight.current is not None
        return is_sent or bool(self._unsent)

    @property
    def content(self) -> Any:
        """The content with all local changes; it must not be changed."""
        return self._known()[2].content()

    @property
    def pending(self) -> Any:
        """All that was edited and is not sent yet, as one operation; None if there is nothing."""
        if not self._unsent:
            return None
        return composed(self._known()[0], self._unsent.parts)

    # -- local changes --------------------------------------------------------------------------

    def edit(self, operation: Any) -> None:
        """A local change, made on `content` as it is now.

        Raises:
            InvalidOperation: nothing has changed.
        """
        doc_type, _, content = self._known()
        part = Part.of(doc_type.normalize(operation))
        content.apply(part.operation)
        written = written_by(doc_type, part.operation)
        if written is not None and written[0] == self._end:
            part.side = "left"
        self._end = self._end_after(part.operation, own=True) if written is None else written[1]
        self._waiting().add(part)

    @property
    def continues(self) -> bool:
        """Whether what is sent next goes on with what was written before: nothing of others is to
        come in between."""
        return self.inflight is None and self._waiting().continues

    def outgoing(self) -> Inflight | None:
        """The edit to send now on this connection, once; None if there is none."""
        if not self.online:
            return None
        if self.inflight is None and self._unsent:
            parts = self._unsent.take(self._edit_bytes)
            operation = composed(self._known()[0], parts)
            parts = [replace(part, side="right") for part in parts]
            self.inflight = Inflight(self.last_id + 1, self.version, operation, operation, parts)
        if self.inflight is None or self.inflight.sent:
            return None
        self.inflight.sent = True
        return self.inflight

    # -- connections ----------------------------------------------------------------------------

    def disconnected(self) -> None:
        """The connection has ended: nothing goes out before the server has answered a new one."""
        self.online = False
        self._in_doubt = None

    @property
    def query(self) -> dict[str, str]:
        """The query parameters that a new connection resumes with; none before the first join."""
        if not self.joined:
            return {}
        if self._needs_state:
            return {"client_id": self.client_id}
        query = {
            "client_id": self.client_id,
            "version": str(self.version),
            "epoch": self.epoch,
        }
        if self.checksum is not None:
            query["checksum"] = str(self.checksum)
        if self.inflight is not None:
            query["inflight"] = str(self.inflight.id)
        return query

    @property
    def may_be_renamed(self) -> bool:
        """Whether the server has no edit, and can get none, under this `client_id`."""
        return self.joined and self.inflight is None and self.last_id == 0

    def rename(self, client_id: str) -> None:
        """Connect as this one from now on. No edit may be on its way."""
        self.client_id = client_id
        self.last_id = 0

    def receive(self, frame: dict[str, Any]) -> Change | None:
        """Act on one frame of the server; what is no business of the session is passed over.

        Returns:
            How the content has changed, None if it has not.

        Raises:
            StreamGap: reconnect.
            DocumentReplaced, JoinRefused, TakenOver: the session has come to its end.
        """
        kind = frame.get("type")
        handler = HANDLERS.get(kind) if type(kind) is str else None
        if handler is None:
            return None
        if not is_readable(frame):
            if frame["type"] in ("document_state", "document_resumed"):
                raise StreamGap(f"the server's first frame, {frame['type']}, can't be read")
            # One of the server's own that is missing leaves a gap in the versions, which is seen.
            return None
        if self._in_doubt is not None:
            self._settle(frame, self._in_doubt)
            return None
        return handler(self, frame)

    def _resumed(self, frame: dict[str, Any]) -> None:
        if frame["version"] != self.version or frame["epoch"] != self.epoch:
            self._needs_state = True
            raise StreamGap(f"resumed from version {frame['version']}, expected {self.version}")
        expected = self.last_id + (self.inflight is not None)
        if frame["last_id"] > expected:
            raise TakenOver(
                f"client_id '{self.client_id}' has edits that are not of this editor: "
                "each editor needs a client_id of its own"
            )
        if frame["last_id"] < self.last_id:
            self._needs_state = True
            raise StreamGap(
                f"the server knows edits up to {frame['last_id']}, it acknowledged {self.last_id}"
            )
        last_id = self.last_id
        self._identify(frame)
        self.checksum = checksum_in(frame)
        # Whether the inflight edit is in is told by its ack, which comes in the stream.
        self.last_id = last_id

    def _identify(self, frame: dict[str, Any]) -> None:
        self.client_id = frame["client_id"]
        self.user_id = frame["user"]["user_id"]
        self.last_id = frame["last_id"]
        self.online = True
        if self.inflight is not None:
            self.inflight.sent = False

    # -- the server's content -------------------------------------------------------------------

    def _state(self, frame: dict[str, Any]) -> Change | None:
        if not self.joined:
            self._enter(frame, client_type(frame["doc_type"]))
            return None
        doc_type = self._known()[0]
        if frame["doc_type"] != doc_type.name:
            problem = f"the document is of the type '{frame['doc_type']}' now"
            if self.unsaved:
                raise self._no_way(problem)
            raise JoinRefused(problem, self.content)
        content = doc_type.create(frame["content"])
        reason = self._lost(frame, content)
        if reason:
            return self._replace(frame, content, reason)
        inflight = self.inflight
        if inflight is not None and frame["last_id"] >= inflight.id and not inflight.stored:
            self._in_doubt, self.online, inflight.sent = frame["version"], True, False
            return None
        return self._catch_up(frame, content)

    def _settle(self, frame: dict[str, Any], version: int) -> None:
        """Find out whether the content of `version` holds the inflight edit, by the answer to it;
        then the content is asked for again."""
        inflight = self.inflight
        if inflight is None or frame.get("id") != inflight.id:
            return
        if frame["type"] == "ack":
            inflight.stored = frame["version"] <= version
            raise StreamGap(f"edit {inflight.id} is part of the document: its content is asked for")
        if frame["code"] in TEMPORARY_CODES:
            inflight.sent = False
        elif frame["code"] == "out_of_order":
            self._thaw(self._left_of(inflight))
            raise IdTaken(frame["message"])
        else:
            raise self._no_way(f"whether edit {inflight.id} is stored is unknown ({frame['code']})")

    def _enter(self, frame: dict[str, Any], doc_type: OperationType) -> None:
        content = doc_type.create(frame["content"])
        self.doc_type, self._unsent = doc_type, Unsent(doc_type)
        self._take_over(frame, content, content)

    def _take_over(self, frame: dict[str, Any], confirmed: Any, content: Any) -> None:
        doc_type = self.doc_type
        assert doc_type is not None
        self._confirmed, self._content = doc_type.buffer(confirmed), doc_type.buffer(content)
        self.epoch, self.version = frame["epoch"], frame["version"]
        self.checksum = checksum_in(frame)
        self._end = None
        self._needs_state = False
        self._identify(frame)

    def _lost(self, frame: dict[str, Any], content: Any) -> str:
        """In what way the server's history is not the one that this editor has followed, if so."""
        version, last_id = frame["version"], frame["last_id"]
        if frame["epoch"] != self.epoch:
            return "the document was made again, it has another epoch"
        if version < self.version:
            return f"the server is back at version {version} of {self.version}"
        if last_id < self.last_id:
            return f"the server has edits of this editor up to {last_id} only, not {self.last_id}"
        if frame.get("diverged") is True or self._is_other(frame):
            return f"the server has another history than the one of version {self.version} here"
        same_version = version == self.version and not self._needs_state
        if same_version and content != self._known()[1].content():
            return f"the server has other content at version {version}"
        return ""

    def _is_other(self, frame: dict[str, Any]) -> bool:
        """Whether the frame is of the version that is known here, and of another checksum."""
        checksums = (checksum_in(frame), self.checksum)
        return frame["version"] == self.version and None not in checksums and len({*checksums}) > 1

    def _no_way(self, problem: str) -> DocumentReplaced:
        return DocumentReplaced(
            f"{problem}: the unsaved changes were made on content that the server does not have; "
            "bring them in from this error's content",
            self.content,
            self.unsaved,
        )

    def _replace(self, frame: dict[str, Any], content: Any, reason: str) -> Change | None:
        if self.unsaved:
            raise self._no_way(reason)
        before, version = self.content, self.version
        # It is out of the content already, and of a history that is no more.
        self.inflight = None
        self._take_over(frame, content, content)
        if before == content:
            return None
        change = way_to(self._known()[0], before, content)
        replaced = Replaced(before, version, reason)
        return Change(change, self.version, "", "", replaced=replaced)

    def _catch_up(self, frame: dict[str, Any], content: Any) -> Change | None:
        """The history goes on from ours, but the changes in between are not to be had."""
        doc_type, confirmed, _ = self._known()
        before = confirmed.content()
        inflight = self.inflight
        accepted = inflight is not None and inflight.stored and frame["last_id"] >= inflight.id
        former = self.content
        try:
            if accepted:
                # The server's content has it already.
                if inflight is not None and inflight.current is not None:
                    before = doc_type.apply(before, inflight.current)
                self.inflight = None
            change = as_additions(way_to(doc_type, before, content))
            problem = "the server has other content by now"
            rebased, refusals = self._rebase(before, content, change, problem, guessed=True)
        except Exception as error:
            raise self._no_way(f"the content of the server does not fit ({error})") from error
        if rebased.former != former:
            raise self._no_way("the content here is not the one that the server had")
        if self.inflight is not None and frame["version"] != self.version:
            self.inflight.guessed = True
        self._take_over(frame, content, rebased.content)
        if not refusals and rebased.content == former:
            return None
        return Change(rebased.change, self.version, "", "", refusals)

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
        if inflight.guessed or not self._confirm(inflight.current):
            inflight.stored = self._needs_state = True
            raise StreamGap(
                f"the server has accepted edit {edit_id}: what it made of it is unknown"
            )
        self.inflight = None
        self.last_id = edit_id
        self.version, self.checksum = version, checksum_in(frame)

    def _confirm(self, operation: Any) -> bool:
        try:
            self._known()[1].apply(operation)
        except Exception:
            return False
        return True

    def _change(self, frame: dict[str, Any]) -> Change:
        version, operation = frame["version"], frame["operation"]
        self._follow(version)
        refusals: tuple[EditRefused, ...] = ()
        try:
            operation = self._cross(operation)
        except Exception:
            operation, refusals = self._cross_slowly(frame)
        else:
            if not self._confirm(frame["operation"]):
                self._needs_state = True
                raise StreamGap(f"version {version} does not fit the content of the one before it")
        self.version, self.checksum = version, checksum_in(frame)
        return Change(operation, version, frame["user_id"], frame["client_id"], refusals)

    def _cross(self, operation: Any) -> Any:
        """Carry a change past what is not acknowledged; all or nothing."""
        doc_type, _, content = self._known()
        inflight, waiting = self.inflight, self._waiting()
        moved: list[Any] = []
        current: Any = None
        parts: list[Part] = []
        if inflight is not None and inflight.current is not None:
            parts = parts_after(doc_type, inflight.parts, operation)
            current, operation = cross(doc_type, inflight.current, operation)
        for part in waiting.parts:
            own, operation = cross(doc_type, part.operation, operation, part.side)
            moved.append(own)
        content.apply(operation)
        self._end = self._end_after(operation, own=False)
        if inflight is not None and inflight.current is not None:
            inflight.current = current
            inflight.parts = parts or [inflight.parts[0].moved(current)]
        for part, own in zip(waiting.parts, moved, strict=True):
            part.operation = own
        return operation

    def _cross_slowly(self, frame: dict[str, Any]) -> tuple[Any, tuple[EditRefused, ...]]:
        """As `_cross`, taking back those own edits that the change leaves no place for."""
        doc_type, confirmed, _ = self._known()
        before = confirmed.content()
        if not self._confirm(frame["operation"]):
            self._needs_state = True
            raise StreamGap(f"version {frame['version']} does not fit the content before it")
        after = confirmed.content()
        problem = f"it does not go together with version {frame['version']}"
        rebased, refusals = self._rebase(before, after, frame["operation"], problem)
        self._content = doc_type.buffer(rebased.content)
        self._end = None
        return rebased.change, refusals

    def _end_after(self, operation: Any, *, own: bool) -> int | None:
        """Where what was written here last ends after one more operation."""
        end = self._end
        return None if end is None else self._known()[0].transform_cursor(end, operation, own)

    def _rebase(
        self, before: Any, after: Any, change: Any, problem: str, *, guessed: bool = False
    ) -> tuple[Rebased, tuple[EditRefused, ...]]:
        """Bring what is not acknowledged from one confirmed content to another; what does not
        survive is left out and refused."""
        doc_type, inflight, waiting = self._known()[0], self.inflight, self._waiting()
        sent = [] if inflight is None or inflight.current is None else [inflight.current]
        own = [part.operation for part in waiting.parts]

        def bring() -> Rebased:
            sides: list[Side] = ["right"] * len(sent)
            sides += [part.side for part in waiting.parts]
            operations = [*sent, *own]
            return rebase(doc_type, before, operations, after, change, sides=sides, guessed=guessed)

        rebased = bring()
        refusals: list[EditRefused] = []
        if inflight is not None and sent:
            if isinstance(rebased.own[0], Exception):
                parts = self._parts_of(inflight)
                sent = [part.operation for part in parts]
                rebased = bring()
                refusals, inflight.parts = survivors(parts, rebased.own[: len(sent)], problem)
                inflight.reduced = inflight.guessed = True
            else:
                moved = rebased.own[0]
                inflight.parts = [Part.of(moved, joined=len(inflight.parts) > 1)]
            inflight.current = composed(doc_type, inflight.parts) if inflight.parts else None
        others, waiting.parts = survivors(waiting.parts, rebased.own[len(sent) :], problem)
        return rebased, (*refusals, *others)

    def _follow(self, version: int) -> None:
        if version != self.version + 1 or not self.online:
            raise StreamGap(f"got version {version}, expected {self.version + 1}")

    # -- refusals -------------------------------------------------------------------------------

    def _error(self, frame: dict[str, Any]) -> Change | None:
        inflight, code = self.inflight, frame["code"]
        if inflight is None or frame.get("id") != inflight.id:
            return None
        if code in TEMPORARY_CODES:
            inflight.sent = False
            return None
        if code == "version_ahead":
            raise StreamGap(frame["message"])
        if inflight.reduced or code in ("version_gone", "out_of_order"):
            self._thaw(self._left_of(inflight))
        elif not self._send_smaller(inflight, code):
            return self._take_back(
                inflight, EditRefused(code, frame["message"], inflight.operation)
            )
        if code == "out_of_order":
            raise IdTaken(frame["message"])
        return None

    def _thaw(self, parts: Sequence[Part]) -> None:
        """The inflight edit was not accepted: its parts are sent as edits made now."""
        self._waiting().put_back(parts)
        self.inflight = None

    def _left_of(self, inflight: Inflight) -> list[Part]:
        if inflight.reduced:
            # What was at fault is told and out of the content.
            return [replace(part, alone=True) for part in inflight.parts]
        return self._parts_of(inflight)

    def _parts_of(self, inflight: Inflight) -> list[Part]:
        """What `current` is composed of: itself, if its parts have become something else."""
        together = composed(self._known()[0], inflight.parts)
        if together == inflight.current:
            return inflight.parts
        return [Part.of(inflight.current, joined=True)]

    def _send_smaller(self, inflight: Inflight, code: str) -> bool:
        """Whether the parts, or pieces, of what was refused are sent instead."""
        if code not in SENT_APART:
            return False
        parts = self._parts_of(inflight)
        if len(parts) == 1 and code == "too_large":
            # This server takes less than others.
            parts, self._edit_bytes = self._smaller(parts[0], self._edit_bytes)
        elif len(parts) == 1 and code == "document_full" and parts[0].joined:
            parts, _ = self._smaller(parts[0], parts[0].bytes)
        if len(parts) == 1:
            return False
        self._thaw([replace(part, alone=True) for part in parts])
        return True

    def _smaller(self, part: Part, max_bytes: int) -> tuple[list[Part], int]:
        """A part in pieces, and how large these may be."""
        pieces = [part.operation]
        while len(pieces) == 1 and max_bytes > LEAST_EDIT_BYTES:
            max_bytes //= 2
            pieces = self._waiting().cut(part.operation, max_bytes)
        return [Part.of(piece, joined=part.joined) for piece in pieces], max_bytes

    def _take_back(self, inflight: Inflight, refusal: EditRefused) -> Change:
        """Undo the inflight edit under the unsent ones; its `id` is free again."""
        try:
            undo = self._undo(inflight)
            refusals: tuple[EditRefused, ...] = (refusal,)
        except Exception:
            undo, others = self._undo_slowly(inflight)
            refusals = (refusal, *others)
        self.inflight = None
        return Change(undo, self.version, self.user_id, self.client_id, refusals)

    def _undo(self, inflight: Inflight) -> Any:
        doc_type, confirmed, content = self._known()
        undo = doc_type.invert(inflight.current, confirmed.content())
        parts = self._waiting().parts
        moved = []
        for part in parts:
            own, undo = cross(doc_type, part.operation, undo)
            moved.append(own)
        content.apply(undo)
        self._end = None
        for part, own in zip(parts, moved, strict=True):
            part.operation = own
        return undo

    def _undo_slowly(self, inflight: Inflight) -> tuple[Any, tuple[EditRefused, ...]]:
        doc_type, confirmed, _ = self._known()
        after = confirmed.content()
        before = doc_type.apply(after, inflight.current)
        self.inflight = None
        change = way_to(doc_type, before, after)
        problem = "it was made on an edit that the server refused"
        rebased, others = self._rebase(before, after, change, problem)
        self._content = doc_type.buffer(rebased.content)
        self._end = None
        return rebased.change, others

    # -- what there is --------------------------------------------------------------------------

    def _waiting(self) -> Unsent:
        if self._unsent is None:
            raise RuntimeError("there is no content before the document is joined")
        return self._unsent

    def _known(self) -> tuple[OperationType, Buffer, Buffer]:
        if self.doc_type is None or self._confirmed is None or self._content is None:
            raise RuntimeError("there is no content before the document is joined")
        return self.doc_type, self._confirmed, self._content


class IdTaken(StreamGap):
    """Another editor has used the `client_id`: reconnect with another one."""


def written_by(doc_type: OperationType, operation: Any) -> tuple[int, int] | None:
    """Where an operation writes, if its type can tell."""
    written = getattr(doc_type, "written", None)
    if written is None:
        return None
    found: tuple[int, int] | None = written(operation)
    return found


def parts_after(doc_type: OperationType, parts: Sequence[Part], change: Any) -> list[Part]:
    """The parts of an edit after a change; none if they do not go through it one by one."""
    if len(parts) == 1:
        return []
    moved = []
    try:
        for part in parts:
            own, change = cross(doc_type, part.operation, change)
            moved.append(part.moved(own))
    except Exception:
        return []
    return moved


def survivors(
    parts: Sequence[Part], own: Sequence[Any], problem: str
) -> tuple[list[EditRefused], list[Part]]:
    """The refusals of those parts that did not survive, and the others as they are now."""
    refusals, kept = [], []
    for part, moved in zip(parts, own, strict=True):
        if isinstance(moved, Exception):
            message = f"{problem} ({moved})"
            refusals.append(EditRefused("invalid_operation", message, part.operation))
        else:
            kept.append(part.moved(moved))
    return refusals, kept


Handler = Callable[[Session, dict[str, Any]], Change | None]
HANDLERS: dict[str, Handler] = {
    "ack": Session._ack,
    "document_change": Session._change,
    "document_resumed": Session._resumed,
    "document_state": Session._state,
    "error": Session._error,
}
