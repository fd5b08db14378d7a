"""The session alone, with a simulated server."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collab.client import DocumentReplaced, Session, TakenOver
from collab.client.errors import StreamGap
from collab.client.temporary import TEMPORARY_CODES
from collab.errors import InvalidOperation
from collab.ot.utf16 import length
from tests.client.simulation import TEXT, Line, SimulatedServer, joined


def insert(offset: int, text: str) -> dict[str, Any]:
    return {"ops": [*([{"retain": offset}] if offset else []), {"insert": text}]}


def delete(offset: int, count: int) -> dict[str, Any]:
    return {"ops": [*([{"retain": offset}] if offset else []), {"delete": count}]}


def test_a_join_brings_content_version_and_identity() -> None:
    line = joined(SimulatedServer("hello"))
    session = line.session
    assert (session.content, session.version, session.client_id) == ("hello", 0, "a")
    assert session.user_id == "user-a"
    assert not session.unsaved


def test_nothing_can_be_edited_before_the_join() -> None:
    with pytest.raises(RuntimeError, match="before the document is joined"):
        Session().edit(insert(0, "x"))


def test_an_edit_is_in_the_content_at_once_and_saved_by_its_ack() -> None:
    line = joined(SimulatedServer())
    session = line.session
    session.edit(insert(0, "x"))
    assert session.content == "x"
    assert session.unsaved
    edit = session.outgoing()
    assert edit is not None
    assert (edit.id, edit.version, edit.operation) == (1, 0, insert(0, "x"))
    session.receive({"type": "ack", "id": 1, "version": 1})
    assert not session.unsaved
    assert session.version == 1


def test_one_edit_is_in_flight_and_the_rest_composed() -> None:
    session = joined(SimulatedServer()).session
    session.edit(insert(0, "a"))
    assert session.outgoing() is not None
    session.edit(insert(1, "b"))
    session.edit(insert(2, "c"))
    assert session.outgoing() is None
    session.receive({"type": "ack", "id": 1, "version": 1})
    following = session.outgoing()
    assert following is not None
    assert (following.id, following.version) == (2, 1)
    assert following.operation == insert(1, "bc")


def test_an_edit_that_does_not_fit_changes_nothing() -> None:
    session = joined(SimulatedServer("ab")).session
    with pytest.raises(InvalidOperation):
        session.edit(delete(1, 5))
    assert session.content == "ab"
    assert not session.unsaved


def test_an_edit_that_does_not_fit_leaves_what_is_pending() -> None:
    session = joined(SimulatedServer("ab")).session
    session.edit(insert(2, "c"))
    with pytest.raises(InvalidOperation):
        session.edit(delete(1, 5))
    assert session.pending == insert(2, "c")


def test_what_was_committed_first_stays_first() -> None:
    server = SimulatedServer()
    line = joined(server)
    line.session.edit(insert(0, "flight"))
    line.send()
    line.session.edit(insert(6, "pending"))
    server.accept("b", insert(0, "first"))
    line.stream()
    change = line.deliver()
    assert change is not None
    assert change.operation == insert(0, "first")
    assert (change.client_id, change.version) == ("b", 1)
    assert line.session.content == "firstflightpending"
    line.settle()
    assert server.content == "firstflightpending"


def test_what_was_sent_is_frozen() -> None:
    server = SimulatedServer()
    line = joined(server)
    line.session.edit(insert(0, "x"))
    line.send()
    server.accept("b", insert(0, "abc"))
    line.stream()
    line.deliver()
    again = Line(server, line.session, "a")
    again.deliver()
    edit = line.session.outgoing()
    assert edit is not None
    assert (edit.id, edit.version, edit.operation) == (1, 0, insert(0, "x"))


def test_nothing_is_sent_before_the_server_has_answered_the_join() -> None:
    server = SimulatedServer()
    line = joined(server)
    line.session.edit(insert(0, "x"))
    again = Line(server, line.session, "a")
    assert not line.session.online
    assert not again.send()
    again.deliver()
    assert line.session.online
    assert again.send()


def test_an_edit_whose_ack_was_lost_is_applied_once() -> None:
    server = SimulatedServer()
    line = joined(server)
    line.session.edit(insert(0, "x"))
    line.send()
    line.arrive()
    again = Line(server, line.session, "a")
    again.settle()
    assert server.content == line.session.content == "x"
    assert server.version == 1


def test_a_repeated_ack_that_lies_behind_is_passed_over() -> None:
    server = SimulatedServer()
    line = joined(server)
    line.session.edit(insert(0, "x"))
    line.settle()
    server.accept("b", insert(0, "y"))
    line.settle()
    line.session.receive({"type": "ack", "id": 1, "version": 1})
    assert line.session.version == 2
    assert line.session.content == "yx"


@pytest.mark.parametrize("version", [0, 2])
def test_a_version_that_skips_or_repeats_is_a_gap(version: int) -> None:
    session = joined(SimulatedServer()).session
    frame = {"type": "document_change", "operation": insert(0, "x"), "version": version}
    with pytest.raises(StreamGap, match=f"got version {version}, expected 1"):
        session.receive({**frame, "user_id": "u", "client_id": "b"})
    assert session.content == ""


def test_a_resume_from_another_version_is_a_gap() -> None:
    server = SimulatedServer()
    line = joined(server)
    again = Line(server, line.session, "a")
    again.down[0]["version"] = 7
    with pytest.raises(StreamGap, match="from version 7, expected 0"):
        again.deliver()


def test_an_ack_of_an_unknown_edit_tells_of_another_editor() -> None:
    session = joined(SimulatedServer()).session
    with pytest.raises(TakenOver, match="edit 1 of client_id 'a'"):
        session.receive({"type": "ack", "id": 1, "version": 1})


def test_a_resume_with_unknown_edits_tells_of_another_editor() -> None:
    server = SimulatedServer()
    line = joined(server)
    server.accept("a", insert(0, "x"))
    with pytest.raises(TakenOver, match="'a' has edits"):
        Line(server, line.session, "a").deliver()


def test_a_client_id_that_is_used_again_goes_on_counting() -> None:
    server = SimulatedServer()
    server.accept("a", insert(0, "x"))
    line = joined(server)
    line.session.edit(insert(1, "y"))
    edit = line.session.outgoing()
    assert edit is not None
    assert edit.id == 2


def test_a_replaced_document_is_taken_over_when_all_was_saved() -> None:
    line = joined(SimulatedServer("old"))
    other = SimulatedServer("new", epoch="e2")
    change = Line(other, line.session, "a").deliver()
    assert change is not None
    assert TEXT.apply("old", change.operation) == line.session.content == "new"
    assert line.session.epoch == "e2"


def test_a_replaced_document_with_unsaved_changes_is_an_error_with_the_content() -> None:
    line = joined(SimulatedServer("old"))
    line.session.edit(insert(3, "er"))
    other = SimulatedServer("new", epoch="e2")
    with pytest.raises(DocumentReplaced) as replaced:
        Line(other, line.session, "a").deliver()
    assert replaced.value.content == "older"


def test_a_state_that_has_the_inflight_edit_saves_it_once_the_server_says_so() -> None:
    server = SimulatedServer()
    line = joined(server)
    line.session.edit(insert(0, "x"))
    line.send()
    line.arrive()
    server.accept("b", insert(0, "b"))
    server.compacted = 2
    again = Line(server, line.session, "a")
    assert again.down[0]["type"] == "document_state"
    # That an edit of its id is stored says nothing of this one.
    assert again.deliver() is None
    assert line.session.unsaved
    server.accept("b", insert(2, "c"))
    again.stream()
    assert again.deliver() is None
    assert again.send()
    again.arrive()
    with pytest.raises(StreamGap, match="edit 1 is stored"):
        again.deliver()
    last = Line(server, line.session, "a")
    last.deliver()
    assert not line.session.unsaved
    assert line.session.content == server.content == "bxc"
    line.session.edit(insert(3, "y"))
    last.settle()
    assert server.content == "bxcy"


@pytest.mark.parametrize("compacted", [0, 1])
def test_another_edit_that_is_stored_under_the_id_of_the_inflight_one_is_not_taken_for_it(
    compacted: int,
) -> None:
    server = SimulatedServer()
    line = joined(server)
    line.session.edit(insert(0, "mine"))
    assert line.send()
    # By another process, or in an earlier life of this one; the frame above is lost.
    server.accept("a", insert(0, "theirs"))
    server.compacted = compacted
    again = Line(server, line.session, "a")
    again.stream()
    with pytest.raises(StreamGap, match="no"):
        again.settle()
    assert line.session.unsaved
    line.session.rename("a2")
    Line(server, line.session, "a2").settle()
    assert line.session.content == server.content
    assert sorted(server.content) == sorted("minetheirs")


def test_an_edit_whose_fate_stays_unknown_ends_the_session_with_the_content() -> None:
    server = SimulatedServer()
    line = joined(server)
    line.session.edit(insert(0, "x"))
    line.send()
    line.arrive()
    server.compacted = 1
    again = Line(server, line.session, "a")
    again.deliver()
    again.refuse(1, "storage_unavailable")
    assert again.deliver() is None
    assert again.send()
    again.refuse(1, "too_large")
    with pytest.raises(DocumentReplaced, match="is unknown") as replaced:
        again.deliver()
    assert replaced.value.content == "x"


@pytest.mark.parametrize("code", sorted(TEMPORARY_CODES))
def test_an_edit_that_can_be_sent_again_is_sent_again(code: str) -> None:
    server = SimulatedServer()
    server.refusals.append(code)
    line = joined(server)
    line.session.edit(insert(0, "x"))
    first = line.session.outgoing()
    line.repeat()
    line.arrive()
    assert line.session.outgoing() is None
    assert line.deliver() is None
    assert line.session.outgoing() is first
    line.repeat()
    line.settle()
    assert server.content == "x"


def test_a_refused_edit_is_taken_back_under_the_pending_ones() -> None:
    server = SimulatedServer("base")
    server.refusals.append("document_full")
    line = joined(server)
    session = line.session
    session.edit({"ops": [{"retain": 1}, {"insert": "XYZ"}, {"delete": 2}]})
    line.send()
    session.edit(insert(5, "!"))
    session.edit(insert(0, ">"))
    assert session.content == ">bXYZe!"
    line.arrive()
    before = session.content
    change = line.deliver()
    assert change is not None
    assert change.refusal is not None
    assert change.refusal.reason == "document_full"
    assert change.refusal.operation["ops"][1] == {"insert": "XYZ"}
    assert TEXT.apply(before, change.operation) == session.content == ">base!"
    line.settle()
    assert server.content == ">base!"
    assert server.last_id("a") == 1


def test_an_edit_too_old_to_be_transformed_is_sent_anew_on_the_newest_version() -> None:
    server = SimulatedServer()
    line = joined(server)
    line.session.edit(insert(0, "x"))
    line.send()
    line.session.edit(insert(1, "y"))
    server.accept("b", insert(0, "abc"))
    line.stream()
    line.deliver()
    server.refusals.append("version_gone")
    line.arrive()
    line.deliver()
    edit = line.session.outgoing()
    assert edit is not None
    assert (edit.id, edit.version, edit.operation) == (1, 1, insert(3, "xy"))


def test_an_error_that_answers_no_edit_changes_nothing() -> None:
    session = joined(SimulatedServer()).session
    session.edit(insert(0, "x"))
    session.outgoing()
    for edit_id in (None, 7):
        frame = {"type": "error", "code": "invalid_frame", "message": "no", "id": edit_id}
        assert session.receive(frame) is None
    assert session.content == "x"
    assert session.unsaved


def test_frames_that_are_not_known_are_passed_over() -> None:
    session = joined(SimulatedServer()).session
    assert session.receive({"type": "something_new", "version": 99}) is None
    assert session.version == 0


ALPHABET = "ab 𝄞é\n🙂"


def random_edit(content: str, draw: st.DataObject) -> dict[str, Any]:
    start = draw.draw(st.integers(0, len(content)), label="start")
    end = draw.draw(st.integers(start, min(len(content), start + 4)), label="end")
    text = draw.draw(st.text(ALPHABET, max_size=3), label="text")
    components: list[dict[str, Any]] = [
        {"retain": length(content[:start])},
        {"insert": text},
        {"delete": length(content[start:end])},
    ]
    return {"ops": components}


STEPS = ["edit", "edit", "send", "repeat", "arrive", "stream", "deliver", "deliver", "cut"]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_editors_converge_whatever_the_order_and_whatever_is_lost(data: st.DataObject) -> None:
    server = SimulatedServer(data.draw(st.text(ALPHABET, max_size=6), label="content"))
    names = ["a", "b", "c"][: data.draw(st.integers(2, 3), label="editors")]
    lines = {name: joined(server, name) for name in names}
    made = dict.fromkeys(names, 0)
    for _ in range(data.draw(st.integers(0, 60), label="steps")):
        name = data.draw(st.sampled_from(names), label="who")
        step = data.draw(st.sampled_from(STEPS), label="step")
        line = lines[name]
        if step == "cut":
            lines[name] = Line(server, line.session, name)
        elif step == "edit" and line.session.joined:
            operation = random_edit(line.session.content, data)
            line.session.edit(operation)
            made[name] += 1
        elif step != "edit":
            getattr(line, step)()
    for _ in range(2):
        for name in names:
            lines[name].settle()
    contents = {line.session.content for line in lines.values()}
    assert contents == {server.content}
    for name in names:
        ids = [entry.id for entry in server.log if entry.client_id == name]
        assert ids == list(range(1, len(ids) + 1))
        assert len(ids) <= made[name]
        assert lines[name].session.version == server.version


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_what_was_inserted_is_there_once_and_in_the_order_it_was_typed(data: st.DataObject) -> None:
    server = SimulatedServer()
    lines = {name: joined(server, name) for name in "ab"}
    typed: dict[str, list[str]] = {"a": [], "b": []}
    letters = iter(chr(code) for code in range(0x4E00, 0x9FFF))
    for _ in range(data.draw(st.integers(0, 50), label="steps")):
        name = data.draw(st.sampled_from("ab"), label="who")
        step = data.draw(st.sampled_from(STEPS), label="step")
        line = lines[name]
        if step == "cut":
            lines[name] = Line(server, line.session, name)
        elif step == "edit":
            letter = next(letters)
            own = typed[name]
            content = line.session.content
            line.session.edit(insert(content.index(own[-1]) + 1 if own else 0, letter))
            own.append(letter)
        else:
            getattr(line, step)()
    for _ in range(2):
        for line in lines.values():
            line.settle()
    for own in typed.values():
        assert [letter for letter in server.content if letter in own] == own
    assert len(server.content) == sum(map(len, typed.values()))
