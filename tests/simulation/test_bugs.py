"""Mistakes that are put in on purpose are found: the simulation can fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from collab.client import Session
from collab.documents.authors import Author, Authors
from collab.documents.committed_content import CommittedContent
from collab.documents.content import Encoded
from collab.documents.history import Change, History
from collab.documents.recovery import Recovery
from collab.documents.submission import Submission
from collab.sessions import Connection
from collab.sessions.change_frames import ack_frame
from collab.sessions.connections import Connections
from collab.sessions.direct_transport import DirectTransport
from collab.sessions.join import JoinRequest
from collab.sessions.room import Room, room_of

from .run import run
from .steps import SEEDS, Scenario, plan

Patch = pytest.MonkeyPatch


def acknowledge_before_the_commit(patch: Patch) -> None:
    submit = Submission.submit

    def hasty(self: Submission, author: Author, *args: Any) -> Change:
        change = submit(self, author, *args)
        connection = room_of(self._document).connections.get(author.client_id)
        if connection is not None:
            connection.outbound.put(ack_frame(change))
        return change

    patch.setattr(Submission, "submit", hasty)


def forget_what_was_applied(patch: Patch) -> None:
    edit = Submission.edit

    async def forgetful(
        self: Submission, author: Author, edit_id: int, version: int, operation: Any
    ) -> Change:
        if edit_id <= author.last_id:
            edit_id, version = author.last_id + 1, max(version, author.last_version)
        return await edit(self, author, edit_id, version, operation)

    patch.setattr(Submission, "edit", forgetful)


def skip_the_transformation(patch: Patch) -> None:
    patch.setattr(Submission, "_concurrent", lambda self, version, earlier: [])


def keep_the_content_of_a_failed_commit(patch: Patch) -> None:
    read = Recovery._read

    async def hasty(self: Recovery, client_ids: Any) -> Any:
        _, *known = await read(self, client_ids)
        return self._document.buffer, *known

    patch.setattr(Recovery, "_read", hasty)


def show_what_is_not_committed(patch: Patch) -> None:
    def all_since(self: History, version: int, limit: int | None = None) -> list[Change]:
        return self.since(version)[:limit]

    patch.setattr(History, "committed_since", all_since)


def resume_one_too_late(patch: Patch) -> None:
    join = Connection.join

    async def late(self: Connection, request: JoinRequest, hold: Any) -> None:
        version = request.version and request.version + 1
        await join(self, replace(request, version=version, checksum=None), hold)

    patch.setattr(Connection, "join", late)


def skip_a_change_after_resuming(patch: Patch) -> None:
    join = Connection.join

    async def skipping(self: Connection, request: JoinRequest, hold: Any) -> None:
        await join(self, request, hold)
        if self.cursor < self.document.history.head:
            self.outbound._cursor += 1

    patch.setattr(Connection, "join", skipping)


def keep_the_presence_of_who_has_left(patch: Patch) -> None:
    leave = Room.leave

    def leaking(self: Room, connection: Any) -> None:
        kept = dict(self._presences)
        leave(self, connection)
        self._presences.update(kept)

    patch.setattr(Room, "leave", leaking)


def keep_connections(patch: Patch) -> None:
    def finished(self: Connections, connection: Connection) -> None:
        connection.document.authors.release(connection.author)

    patch.setattr(Connections, "_finished", finished)


def keep_authors(patch: Patch) -> None:
    patch.setattr(Authors, "forget", lambda self, client_id: None)


def tell_content_that_is_not_committed(patch: Patch) -> None:
    async def content(self: CommittedContent) -> Encoded:
        return await self._capture()

    patch.setattr(CommittedContent, "encoded", content)


def go_on_after_a_failed_commit(patch: Patch) -> None:
    patch.setattr(Author, "restore", lambda self, record: None)


def forget_what_came_in_unnoticed(patch: Patch) -> None:
    patch.setattr(Authors, "stored", lambda self, record: None)


def leave_the_flow_where_the_last_commit_began(patch: Patch) -> None:
    leave = Room.mark_lagging
    patch.setattr(Room, "mark_lagging", lambda self, client_id: leave(self, client_id) - 1)


def flow_on_where_the_socket_is_full(patch: Patch) -> None:
    def deaf(self: DirectTransport, is_full: bool) -> None:
        if is_full:
            self.sending_since = 0.0

    patch.setattr(DirectTransport, "_on_stopped", deaf)


def never_send_again(patch: Patch) -> None:
    identify = Session._identify

    def lazy(self: Session, frame: dict[str, Any]) -> None:
        sent = self.inflight is not None and self.inflight.sent
        identify(self, frame)
        if self.inflight is not None:
            self.inflight.sent = sent

    patch.setattr(Session, "_identify", lazy)


def send_again_under_a_new_id(patch: Patch) -> None:
    identify = Session._identify

    def renamed(self: Session, frame: dict[str, Any]) -> None:
        identify(self, frame)
        if self.inflight is not None and self.inflight.id <= frame["last_id"]:
            self.inflight.id = frame["last_id"] + 1

    patch.setattr(Session, "_identify", renamed)


BUGS: dict[Callable[[Patch], None], int] = {
    acknowledge_before_the_commit: 3,
    forget_what_was_applied: 10,
    skip_the_transformation: 3,
    keep_the_content_of_a_failed_commit: 10,
    show_what_is_not_committed: 5,
    resume_one_too_late: 5,
    skip_a_change_after_resuming: 10,
    keep_the_presence_of_who_has_left: 5,
    keep_connections: 5,
    keep_authors: 5,
    tell_content_that_is_not_committed: 20,
    go_on_after_a_failed_commit: 20,
    forget_what_came_in_unnoticed: 40,
    leave_the_flow_where_the_last_commit_began: 10,
    never_send_again: 10,
    send_again_under_a_new_id: 20,
}
"""By how many seeds each must be found."""


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_bug_is_found(bug: Callable[[Patch], None], monkeypatch: Patch) -> None:
    bug(monkeypatch)
    assert any(run(plan(seed)).violation is not None for seed in range(1, BUGS[bug] + 1))


def test_flowing_on_where_the_socket_is_full_is_found(monkeypatch: Patch) -> None:
    """One seed in a hundred fills a socket that is written to again before it is empty, so a kept
    scenario does."""
    flow_on_where_the_socket_is_full(monkeypatch)
    violation = run(Scenario.load(SEEDS / "flow-92.json")).violation
    assert violation is not None
    assert violation.kind == "flow"


def test_refusing_what_may_be_stored_is_found(monkeypatch: Patch) -> None:
    """The document has to be full for an edit that was stored after its commit was given up, before
    the server has noticed: seeds seldom meet that, so a kept scenario does."""

    async def hasty(self: Submission, *edit_and_refusal: Any) -> Change:
        raise edit_and_refusal[-1]

    monkeypatch.setattr(Submission, "accepted_before", hasty)
    violation = run(Scenario.load(SEEDS / "refused-1324.json")).violation
    assert violation is not None
    assert violation.kind == "refused"
