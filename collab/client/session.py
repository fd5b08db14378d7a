"""The state machine of one editor, without I/O or clock.

    confirmed (version) ── inflight ── unsent ──▶ content, as the user sees it

`inflight` is the edit that is sent and not acknowledged. Its sent form never changes; `current` is
the same edit transformed to the confirmed version. `unsent` is every later edit. At equal positions
a committed change S stays before a local change P: P becomes `transform(P, S, "right")`, and S is
shown as `transform(S, P, "left")`. A local change that conflicts with S is undone, without the
other local changes.
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
"""After these codes the edit is sent again, unchanged or made new at the present version."""

SENT_APART = frozenset({"invalid_operation", "too_large", "document_full"})
"""After these codes the parts of an edit are sent one by one: only one may be invalid."""

LEAST_EDIT_BYTES = 1024
"""The least size to which an edit is cut after `too_large`."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """Content that the server had acknowledged and has lost.

    `content` and `version` are those of the editor before; `reason` describes the cause.
    """

    content: Any
    version: int
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """A change that this editor did not make: `operation` applies to the content before it.

    `operation` is None if the type can't express the change: then read `content`. `refusals` are
    the local edits that the change removes. `replaced` is set if the server has another history.
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
    """The edit that is sent and not acknowledged: `id`, `version` and `operation` as first sent.

    `parts` are the edits that it is composed of, transformed like `current`. It is `reduced` if a
    change of another client conflicts with some of them: then `parts` and `current` hold the rest,
    `current` is None if nothing is left, and the server's answer to the whole edit is still
    awaited. It is `guessed` if the server's result may differ from `current`, and `stored` once
    the server has confirmed it.
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
        """The text of its `edit` frame, the same at each attempt."""
        return encode_json(
            {"type": "edit", "id": self.id, "version": self.version, "operation": self.operation}
        )


class Session:
    """The state of one editor of one document, from the first join across all reconnects.

    `online` says whether the server has answered on the present connection.

    Pass every frame of the server to `receive` in order, send what `outgoing` returns, and call
    `disconnected` when a connection has ended. Bounds: one inflight edit; later edits are composed
    as far as possible.
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
        # The position where the last local insertion ends; None if it is unknown.
        self._end: int | None = None
        self._edit_bytes = EDIT_BYTES
        self._needs_state = False
        # The version of a `document_state` that was not applied: it may hold the inflight edit, or
        # another client's edit of that id. The answer to the inflight edit decides.
        self._in_doubt: int | None = None

    @property
    def joined(self) -> bool:
        """Whether there is content, that is, the first join has succeeded."""
        return self._content is not None

    @property
    def unsaved(self) -> bool:
        """Whether a local change is not acknowledged yet."""
        is_sent = self.inflight is not None and self.inflight.current is not None
        return is_sent or bool(self._unsent)

    @property
    def content(self) -> Any:
        """The content with all local changes. The caller must not modify it."""
        return self._known()[2].content()

    @property
    def pending(self) -> Any:
        """The unsent edits as one operation, or None."""
        if not self._unsent:
            return None
        return composed(self._known()[0], self._unsent.parts)

    # -- local changes --------------------------------------------------------------------------

    def edit(self, operation: Any) -> None:
        """Apply a local operation, based on the present `content`.

        Raises:
            InvalidOperation: the operation is invalid; the content is unchanged.
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
        """Whether the next edit continues earlier typing, so that text of other clients must not
        come in between."""
        return self.inflight is None and self._waiting().continues

    def outgoing(self) -> Inflight | None:
        """Return the edit to send now, once per connection, or None."""
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
        """Send nothing more until the server has answered on a new connection."""
        self.online = False
        self._in_doubt = None

    @property
    def query(self) -> dict[str, str]:
        """The query parameters with which a new connection resumes; empty before the first join."""
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
        """Whether the server has no edit under this `client_id` and none is in flight."""
        return self.joined and self.inflight is None and self.last_id == 0

    def rename(self, client_id: str) -> None:
        """Use this `client_id` for later connections. No edit may be in flight."""
        self.client_id = client_id
        self.last_id = 0

    def receive(self, frame: dict[str, Any]) -> Change | None:
        """Process one frame of the server. Frames that do not concern the session are ignored.

        Returns:
            The change of the content, or None.

        Raises:
            StreamGap: reconnect.
            DocumentReplaced, JoinRefused, TakenOver: the session has ended.
        """
        kind = frame.get("type")
        handler = HANDLERS.get(kind) if type(kind) is str else None
        if handler is None:
            return None
        if not is_readable(frame):
            if frame["type"] in ("document_state", "document_resumed"):
                raise StreamGap(f"the server's first frame, {frame['type']}, can't be read")
            # An unreadable frame of the stream leaves a gap in the versions, found by the next one.
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
                f"the server has edits up to {frame['last_id']}, it had acknowledged {self.last_id}"
            )
        last_id = self.last_id
        self._identify(frame)
        self.checksum = checksum_in(frame)
        # The ack in the stream says whether the inflight edit is stored.
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
            problem = f"the document has the type '{frame['doc_type']}' now"
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
        """Find out from the answer to the inflight edit whether the content of `version` includes
        it; then reconnect and request the content again."""
        inflight = self.inflight
        if inflight is None or frame.get("id") != inflight.id:
            return
        if frame["type"] == "ack":
            inflight.stored = frame["version"] <= version
            raise StreamGap(f"edit {inflight.id} is stored: the content is requested again")
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
        """Return how the server's history differs from the one of this editor; empty if not."""
        version, last_id = frame["version"], frame["last_id"]
        if frame["epoch"] != self.epoch:
            return "the document was created again and has another epoch"
        if version < self.version:
            return f"the server has version {version}, older than {self.version}"
        if last_id < self.last_id:
            return f"the server has edits of this editor up to {last_id}, not up to {self.last_id}"
        if frame.get("diverged") is True or self._is_other(frame):
            return f"the server has another history at version {self.version}"
        same_version = version == self.version and not self._needs_state
        if same_version and content != self._known()[1].content():
            return f"the server has other content at version {version}"
        return ""

    def _is_other(self, frame: dict[str, Any]) -> bool:
        """Whether the frame has the session's version, but another checksum."""
        checksums = (checksum_in(frame), self.checksum)
        return frame["version"] == self.version and None not in checksums and len({*checksums}) > 1

    def _no_way(self, problem: str) -> DocumentReplaced:
        return DocumentReplaced(
            f"{problem}: the unsaved changes are based on content that the server does not have; "
            "this error has the content with them",
            self.content,
            self.unsaved,
        )

    def _replace(self, frame: dict[str, Any], content: Any, reason: str) -> Change | None:
        if self.unsaved:
            raise self._no_way(reason)
        before, version = self.content, self.version
        # Its change is in the former content, whose history the server has lost.
        self.inflight = None
        self._take_over(frame, content, content)
        if before == content:
            return None
        change = way_to(self._known()[0], before, content)
        replaced = Replaced(before, version, reason)
        return Change(change, self.version, "", "", replaced=replaced)

    def _catch_up(self, frame: dict[str, Any], content: Any) -> Change | None:
        """Continue at a later version of the same history without the changes in between."""
        doc_type, confirmed, _ = self._known()
        before = confirmed.content()
        inflight = self.inflight
        accepted = inflight is not None and inflight.stored and frame["last_id"] >= inflight.id
        former = self.content
        try:
            if accepted:
                # The server's content includes the inflight edit.
                if inflight is not None and inflight.current is not None:
                    before = doc_type.apply(before, inflight.current)
                self.inflight = None
            change = as_additions(way_to(doc_type, before, content))
            problem = "the server's content has changed"
            rebased, refusals = self._rebase(before, content, change, problem, guessed=True)
        except Exception as error:
            raise self._no_way(f"the content of the server does not fit ({error})") from error
        if rebased.former != former:
            raise self._no_way("the local content does not match the server's former content")
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
            raise StreamGap(f"the server has accepted edit {edit_id}, but its result is unknown")
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
                raise StreamGap(f"version {version} does not fit the content before it")
        self.version, self.checksum = version, checksum_in(frame)
        return Change(operation, version, frame["user_id"], frame["client_id"], refusals)

    def _cross(self, operation: Any) -> Any:
        """Transform a change against the unacknowledged edits, and these against it. If one fails,
        nothing has changed."""
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
        """As `_cross`, but undo the local edits that conflict with the change."""
        doc_type, confirmed, _ = self._known()
        before = confirmed.content()
        if not self._confirm(frame["operation"]):
            self._needs_state = True
            raise StreamGap(f"version {frame['version']} does not fit the content before it")
        after = confirmed.content()
        problem = f"it conflicts with version {frame['version']}"
        rebased, refusals = self._rebase(before, after, frame["operation"], problem)
        self._content = doc_type.buffer(rebased.content)
        self._end = None
        return rebased.change, refusals

    def _end_after(self, operation: Any, *, own: bool) -> int | None:
        """Return where the last local insertion ends after one more operation."""
        end = self._end
        return None if end is None else self._known()[0].transform_cursor(end, operation, own)

    def _rebase(
        self, before: Any, after: Any, change: Any, problem: str, *, guessed: bool = False
    ) -> tuple[Rebased, tuple[EditRefused, ...]]:
        """Move the unacknowledged edits from one confirmed content to another. An edit that
        conflicts is left out and refused."""
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
        """Queue the parts of the refused inflight edit in front of the unsent ones."""
        self._waiting().put_back(parts)
        self.inflight = None

    def _left_of(self, inflight: Inflight) -> list[Part]:
        if inflight.reduced:
            # The conflicting parts are already refused and undone.
            return [replace(part, alone=True) for part in inflight.parts]
        return self._parts_of(inflight)

    def _parts_of(self, inflight: Inflight) -> list[Part]:
        """Return the parts of `current`: only itself if the composed parts differ from it."""
        together = composed(self._known()[0], inflight.parts)
        if together == inflight.current:
            return inflight.parts
        return [Part.of(inflight.current, joined=True)]

    def _send_smaller(self, inflight: Inflight, code: str) -> bool:
        """Queue the parts, or pieces, of a refused edit; return False if it can't be divided."""
        if code not in SENT_APART:
            return False
        parts = self._parts_of(inflight)
        if len(parts) == 1 and code == "too_large":
            # This server's limit is lower than the default.
            parts, self._edit_bytes = self._smaller(parts[0], self._edit_bytes)
        elif len(parts) == 1 and code == "document_full" and parts[0].joined:
            parts, _ = self._smaller(parts[0], parts[0].bytes)
        if len(parts) == 1:
            return False
        self._thaw([replace(part, alone=True) for part in parts])
        return True

    def _smaller(self, part: Part, max_bytes: int) -> tuple[list[Part], int]:
        """Cut a part into pieces; return them and their largest size in bytes."""
        pieces = [part.operation]
        while len(pieces) == 1 and max_bytes > LEAST_EDIT_BYTES:
            max_bytes //= 2
            pieces = self._waiting().cut(part.operation, max_bytes)
        return [Part.of(piece, joined=part.joined) for piece in pieces], max_bytes

    def _take_back(self, inflight: Inflight, refusal: EditRefused) -> Change:
        """Undo the inflight edit beneath the unsent ones; its `id` is used again."""
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
        problem = "it was based on an edit that the server refused"
        rebased, others = self._rebase(before, after, change, problem)
        self._content = doc_type.buffer(rebased.content)
        self._end = None
        return rebased.change, others

    # -- content --------------------------------------------------------------------------------

    def _waiting(self) -> Unsent:
        if self._unsent is None:
            raise RuntimeError("there is no content before the document is joined")
        return self._unsent

    def _known(self) -> tuple[OperationType, Buffer, Buffer]:
        if self.doc_type is None or self._confirmed is None or self._content is None:
            raise RuntimeError("there is no content before the document is joined")
        return self.doc_type, self._confirmed, self._content


class IdTaken(StreamGap):
    """Another editor has used this `client_id`: reconnect with another one."""


def written_by(doc_type: OperationType, operation: Any) -> tuple[int, int] | None:
    """Return the range that an operation inserts, if its type can say."""
    written = getattr(doc_type, "written", None)
    if written is None:
        return None
    found: tuple[int, int] | None = written(operation)
    return found


def parts_after(doc_type: OperationType, parts: Sequence[Part], change: Any) -> list[Part]:
    """Return the parts of an edit after a change; empty if they can't be transformed one by one."""
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
    """Return the refusals of the parts that conflict, and the other parts, transformed."""
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
