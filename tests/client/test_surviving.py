"""A change of others that an own edit does not survive takes back that edit only."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collab.client import Change, DocumentReplaced, JoinRefused, NotSaved, Session
from collab.client.errors import StreamGap
from collab.errors import InvalidOperation
from collab.ot import PlainBuffer, Side, TextType, get_type, registry
from tests.client.simulation import Line, SimulatedServer, joined

JSON: Any = get_type("json")


def add(number: float, key: str = "x") -> list[dict[str, Any]]:
    return [{"p": [key], "na": number}]


def put(key: str, value: Any) -> list[dict[str, Any]]:
    return [{"p": [key], "oi": value}]


def json_server(**content: Any) -> SimulatedServer:
    return SimulatedServer(content, doc_type=JSON)


def refusals_of(line: Line) -> list[Any]:
    return [refusal.operation for change in line.changes for refusal in change.refusals]


def applied(line: Line, before: Any) -> Any:
    """What the changes that a reader is given make of the content before them."""
    for change in line.changes:
        before = line.server.doc_type.apply(before, change.operation)
    return before


def test_two_additions_without_an_exact_sum_take_back_the_one_on_its_way() -> None:
    server = json_server(x=0)
    line = joined(server)
    line.session.edit(add(0.1))
    line.send()
    line.session.edit(put("later", 1))
    before = line.session.content
    server.accept("b", add(0.2))
    line.stream()
    line.settle()
    assert refusals_of(line) == [add(0.1)]
    assert server.content == line.session.content == {"x": 0.2, "later": 1}
    assert applied(line, before) == line.session.content


def test_of_what_was_edited_while_offline_only_the_addition_is_taken_back() -> None:
    server = json_server(x=0)
    line = joined(server)
    for edit in (put("first", 1), add(0.1), put("second", 2), add(0.5, "first")):
        line.session.edit(edit)
    server.accept("b", add(0.2))
    again = Line(server, line.session, "a")
    again.stream()
    again.settle()
    assert refusals_of(again) == [add(0.1)]
    assert server.content == line.session.content == {"x": 0.2, "first": 1.5, "second": 2}


def test_what_was_built_on_an_edit_that_is_taken_back_goes_with_it() -> None:
    server = json_server(x=0)
    line = joined(server)
    line.session.edit(add(0.1))
    line.session.edit([{"p": ["x"], "od": 0.1, "oi": "a word"}])
    line.session.edit([{"p": ["x", 0], "si": "in "}])
    line.session.edit(put("else", 1))
    server.accept("b", add(0.2))
    line.stream()
    line.settle()
    assert server.content == line.session.content
    assert server.content["else"] == 1


def test_a_refused_addition_that_was_taken_back_before_is_told_once() -> None:
    server = json_server(x=0)
    line = joined(server)
    line.session.edit(add(0.1))
    line.send()
    server.accept("b", add(0.2))
    line.stream()
    line.settle()
    assert len(refusals_of(line)) == 1
    line.session.edit(put("y", 1))
    line.settle()
    assert server.content == {"x": 0.2, "y": 1}
    assert server.last_id("a") == 1


class Moody:
    """A text whose functions raise what one tells them to."""

    name = "moody"

    def __init__(self) -> None:
        self._text = TextType()
        self.failing: dict[str, str] = {}

    def __getattr__(self, name: str) -> Any:
        if name in ("split", "piece_components"):
            raise AttributeError(name)
        function = getattr(self._text, name)

        def checked(*arguments: Any) -> Any:
            word = self.failing.get(name)
            if word is not None and word in str(arguments[0]):
                raise KeyError(f"{name} fails")
            return function(*arguments)

        return checked

    def transform(self, operation: Any, other: Any, side: Side) -> Any:
        if self.failing.get("transform", "\0") in str(operation) + str(other):
            raise KeyError("transform fails")
        return self._text.transform(operation, other, side)

    def buffer(self, content: Any) -> PlainBuffer:
        return PlainBuffer(self, content)


def insert(offset: int, text: str) -> dict[str, Any]:
    return {"ops": [*([{"retain": offset}] if offset else []), {"insert": text}]}


@pytest.fixture
def moody(monkeypatch: pytest.MonkeyPatch) -> Moody:
    """The type, known for as long as the test runs."""
    moody = Moody()
    monkeypatch.setitem(registry._types, moody.name, cast(Any, moody))
    return moody


def moody_line(content: str = "") -> Line:
    """The server has the type as it should be."""
    sound = TextType()
    sound.name = "moody"
    return joined(SimulatedServer(content, doc_type=sound))


def test_a_type_that_fails_to_transform_loses_that_edit_only(moody: Moody) -> None:
    line = moody_line()
    moody.failing["transform"] = "bad"
    line.session.edit(insert(0, "good "))
    line.session.edit(insert(5, "bad "))
    line.session.edit(insert(9, "too "))
    line.server.accept("b", insert(0, "other "))
    line.stream()
    line.settle()
    assert refusals_of(line) == [insert(5, "bad ")]
    assert line.server.content == line.session.content
    assert "good" in line.session.content
    assert "too" in line.session.content


def test_an_edit_taken_back_here_that_the_server_accepts_comes_back(moody: Moody) -> None:
    line = moody_line()
    moody.failing["transform"] = "bad"
    line.session.edit(insert(0, "bad "))
    line.send()
    line.session.edit(insert(4, "later"))
    line.server.accept("b", insert(0, "other "))
    line.stream()
    line.deliver()
    assert line.session.content == "other later"
    line.arrive()
    line.stream()
    with pytest.raises(StreamGap, match="the server has accepted edit 1"):
        line.deliver()
    moody.failing.clear()
    again = Line(line.server, line.session, "a")
    again.settle()
    assert line.server.content == line.session.content
    assert "bad" in line.session.content
    assert "later" in line.session.content
    assert [entry.id for entry in line.server.log if entry.client_id == "a"] == [1, 2]


@pytest.mark.parametrize("function", ["invert", "transform", "compose"])
def test_a_refused_edit_is_taken_back_though_a_function_of_the_type_fails(
    moody: Moody, function: str
) -> None:
    line = moody_line("base")
    line.session.edit(insert(4, "bad"))
    line.send()
    line.session.edit(insert(0, "later "))
    moody.failing[function] = "bad" if function != "transform" else "delete"
    line.server.refusals.append("document_full")
    line.arrive()
    line.settle()
    # What can't be moved over the undoing goes, too, and is told.
    told = [insert(4, "bad"), *([insert(0, "later ")] if function == "transform" else [])]
    assert refusals_of(line) == told
    assert line.server.content == line.session.content
    assert line.session.content == ("base" if function == "transform" else "later base")


class Unfitting:
    """A buffer that takes nothing any more."""

    def __init__(self, content: Any) -> None:
        self._content = content

    def apply(self, operation: Any) -> None:
        raise InvalidOperation("it does not fit")

    def content(self) -> Any:
        return self._content


def test_what_does_not_fit_the_confirmed_content_has_the_content_sent_again() -> None:
    for acknowledged in (True, False):
        server = SimulatedServer("base ")
        line = joined(server)
        line.session.edit(insert(5, "mine "))
        if acknowledged:
            line.send()
            line.arrive()
        else:
            server.accept("b", insert(0, "other "))
        line.session.edit(insert(0, "later "))
        line.session._confirmed = Unfitting("base ")  # type: ignore[assignment]
        line.stream()
        with pytest.raises(StreamGap):
            line.deliver()
        again = Line(server, line.session, "a")
        assert again.down[0]["type"] == "document_state"
        if acknowledged:
            again.settle()
            assert server.content == line.session.content == "later base mine "
        else:
            with pytest.raises(DocumentReplaced) as replaced:
                again.settle()
            assert "later" in replaced.value.content


FUNCTIONS = ["transform", "invert", "compose", "difference"]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_failure_of_a_type_ends_the_session_or_lets_contents_differ(
    moody: Moody, data: st.DataObject
) -> None:
    moody.failing.clear()
    line = moody_line("start")
    names = iter(f"<{number}>" for number in range(100))
    for _ in range(data.draw(st.integers(0, 25), label="steps")):
        step = data.draw(st.sampled_from(["edit", "edit", "other", "send", "arrive", "stream"]))
        content = line.session.content
        if step == "edit":
            line.session.edit(insert(data.draw(st.integers(0, len(content))), next(names)))
        elif step == "other":
            place = data.draw(st.integers(0, len(line.server.content)))
            line.server.accept("b", insert(place, "other"))
        else:
            getattr(line, step)()
        if data.draw(st.booleans(), label="fail"):
            function = data.draw(st.sampled_from(FUNCTIONS))
            moody.failing[function] = data.draw(st.sampled_from(["<1>", "<2>", "other", "retain"]))
        line = delivered(line)
    moody.failing.clear()
    for _ in range(10):
        line = delivered(line)
        line.send()
        while line.arrive():
            pass
        line.stream()
    line = delivered(line)
    assert not line.session.unsaved
    assert line.session.content == line.server.content


def delivered(line: Line) -> Line:
    """The line, or the next one, after everything on it has come."""
    while line.down:
        before = line.session.content
        try:
            change = line.deliver()
        except StreamGap:
            line = Line(line.server, line.session, "a")
            continue
        check(line.session, before, change)
    return line


def check(session: Session, before: Any, change: Change | None) -> None:
    if change is None:
        assert session.content == before
    elif change.operation is not None:
        assert TextType().apply(before, change.operation) == session.content


# -- content that comes as a whole --------------------------------------------------------------


def edited(line: Line, *operations: Any) -> Line:
    for operation in operations:
        line.session.edit(operation)
    return line


def test_after_compaction_unsaved_changes_are_merged() -> None:
    server = SimulatedServer("one two three")
    line = edited(joined(server), insert(13, "!"), insert(0, "> "))
    server.accept("b", insert(7, " and a half"))
    server.compacted = 1
    again = Line(server, line.session, "a")
    again.settle()
    assert server.content == line.session.content == "> one two and a half three!"
    (change,) = again.changes
    assert (change.refusals, change.replaced) == ((), None)


def test_after_compaction_an_edit_on_its_way_is_stored_once() -> None:
    for has_arrived in (True, False):
        server = SimulatedServer("one")
        line = edited(joined(server), insert(3, " two"))
        line.send()
        line.session.edit(insert(7, " three"))
        if has_arrived:
            line.arrive()
        server.accept("b", insert(0, "zero "))
        server.compacted = server.version
        again = Line(server, line.session, "a")
        if has_arrived:
            with pytest.raises(StreamGap, match="edit 1 is stored"):
                again.settle()
            again = Line(server, line.session, "a")
        again.settle()
        assert server.content == line.session.content == "zero one two three"
        assert server.last_id("a") == (2 if has_arrived else 1)


def test_after_compaction_additions_are_both_there() -> None:
    server = json_server(x=0, list=[7])
    line = edited(joined(server), add(5), [{"p": ["list", 0], "na": 1}])
    server.accept("b", add(3))
    server.accept("b", [{"p": ["list", 0], "na": 2}])
    server.compacted = 2
    again = Line(server, line.session, "a")
    again.settle()
    assert server.content == line.session.content == {"x": 8, "list": [10]}


def test_after_compaction_an_edit_of_a_value_that_was_replaced_is_taken_back() -> None:
    server = json_server(x={"text": "old"})
    line = edited(joined(server), [{"p": ["x", "text", 0], "si": "my "}], put("y", 1))
    server.accept("b", [{"p": ["x"], "od": {"text": "old"}, "oi": 7}])
    server.compacted = 1
    again = Line(server, line.session, "a")
    again.settle()
    assert refusals_of(again) == [[{"p": ["x", "text", 0], "si": "my "}]]
    assert server.content == line.session.content == {"x": 7, "y": 1}


def test_after_compaction_an_edit_that_the_server_still_transforms_ends_alike() -> None:
    server = SimulatedServer("abc")
    line = edited(joined(server), insert(1, "X"))
    line.send()
    server.accept("b", {"ops": [{"retain": 1}, {"insert": "b"}]})
    server.accept("b", {"ops": [{"retain": 2}, {"delete": 1}]})
    again = Line(server, line.session, "a")
    # What was kept of the history is enough for the edit, but the content came all the same.
    again.down[0] |= {"type": "document_state", "content": server.content}
    again.down[0]["version"] = again.cursor = server.version
    again.deliver()
    again.send()
    again.arrive()
    again.stream()
    with pytest.raises(StreamGap, match="its result is unknown"):
        again.deliver()
    last = Line(server, line.session, "a")
    assert "version" not in line.session.query
    last.settle()
    assert server.content == line.session.content
    assert server.content.count("X") == 1


def test_an_addition_that_does_not_survive_the_content_that_came_is_taken_back() -> None:
    server = json_server(x=0)
    line = edited(joined(server), add(0.1), put("other", 1))
    server.accept("b", add(0.2))
    server.compacted = 1
    again = Line(server, line.session, "a")
    again.settle()
    assert refusals_of(again) == [add(0.1)]
    assert server.content == line.session.content == {"x": 0.2, "other": 1}


def test_an_older_backup_while_all_was_saved_is_told_with_the_former_content() -> None:
    server = SimulatedServer("")
    line = edited(joined(server), insert(0, "kept "))
    line.settle()
    backup = SimulatedServer(server.content, log=list(server.log))
    line.session.edit(insert(5, "lost"))
    line.settle()
    line = Line(backup, line.session, "a")
    line.settle()
    (change,) = line.changes
    assert change.replaced is not None
    assert (change.replaced.content, change.replaced.version) == ("kept lost", 2)
    assert "has version 1, older than 2" in change.replaced.reason
    assert line.session.content == backup.content == "kept "
    line.session.edit(insert(5, "again"))
    line.settle()
    assert backup.content == line.session.content == "kept again"


def test_a_backup_that_others_have_edited_since_is_told_too() -> None:
    server = SimulatedServer("")
    line = edited(joined(server), insert(0, "mine"))
    line.settle()
    backup = SimulatedServer("", tells_checksums=False)
    for letter in "abc":
        backup.accept("b", insert(0, letter))
    line = Line(backup, line.session, "a")
    with pytest.raises(StreamGap, match="it had acknowledged 1"):
        line.deliver()
    line = Line(backup, line.session, "a")
    line.settle()
    (change,) = line.changes
    assert change.replaced is not None
    assert change.replaced.content == "mine"
    assert line.session.content == backup.content == "cba"


def gone_on(server: SimulatedServer, version: int, *texts: str) -> SimulatedServer:
    """A history that begins as this one does; then others have edited."""
    other = SimulatedServer("")
    for entry in server.log[:version]:
        other.accept(entry.client_id, entry.operation)
    for text in texts:
        other.accept("c", insert(0, text))
    return other


@pytest.mark.parametrize("texts", [("x",), ("x", "y", "z")])
def test_versions_that_were_given_again_are_told_from_those_that_were_seen(
    texts: tuple[str, ...],
) -> None:
    server = SimulatedServer("")
    line = edited(joined(server), insert(0, "mine "))
    line.settle()
    server.accept("b", insert(5, "lost"))
    line.stream()
    line.settle()
    assert line.session.content == "mine lost"
    other = gone_on(server, 1, *texts)
    line = Line(other, line.session, "a")
    line.settle()
    (change,) = line.changes
    assert change.replaced is not None
    assert (change.replaced.content, change.replaced.version) == ("mine lost", 2)
    assert "another history" in change.replaced.reason
    line.session.edit(insert(0, "again "))
    line.settle()
    assert line.session.content == other.content


def test_unsaved_changes_on_versions_that_were_given_again_are_in_the_error() -> None:
    server = SimulatedServer("")
    line = edited(joined(server), insert(0, "mine "))
    line.settle()
    server.accept("b", insert(5, "lost"))
    line.stream()
    line.settle()
    line.session.edit(insert(9, " and typed"))
    with pytest.raises(DocumentReplaced, match="another history") as replaced:
        Line(gone_on(server, 1, "x"), line.session, "a").deliver()
    assert (replaced.value.content, replaced.value.unsaved) == ("mine lost and typed", True)


def test_a_state_of_the_same_version_and_another_checksum_is_of_another_history() -> None:
    server = SimulatedServer("")
    line = edited(joined(server), insert(0, "mine "))
    line.settle()
    frame = {"type": "document_change", "version": 2, "user_id": "b", "client_id": "b"}
    with pytest.raises(StreamGap):
        line.session.receive({**frame, "operation": {"ops": [{"delete": 99}]}})
    assert "version" not in line.session.query
    line = Line(gone_on(server, 0, "x"), line.session, "z")
    line.settle()
    (change,) = line.changes
    assert change.replaced is not None
    assert change.replaced.content == "mine "


@pytest.mark.parametrize("checksum", ["7", 7.0, -7, True, None, []])
def test_what_is_no_checksum_is_none(checksum: Any) -> None:
    session = joined(SimulatedServer("")).session
    session.edit(insert(0, "x"))
    assert session.outgoing() is not None
    session.receive({"type": "ack", "id": 1, "version": 1, "checksum": checksum})
    assert "checksum" not in session.query


def test_the_checksum_goes_with_the_version() -> None:
    session = joined(SimulatedServer("")).session
    assert "checksum" not in session.query
    session.edit(insert(0, "x"))
    assert session.outgoing() is not None
    session.receive({"type": "ack", "id": 1, "version": 1, "checksum": 11})
    change = {"type": "document_change", "user_id": "b", "client_id": "b"}
    session.receive({**change, "operation": insert(0, "y"), "version": 2, "checksum": 22})
    # A late one is of a version that is past.
    session.receive({"type": "ack", "id": 1, "version": 1, "checksum": 11})
    assert (session.query["version"], session.query["checksum"]) == ("2", "22")
    session.receive({**change, "operation": insert(0, "z"), "version": 3})
    assert "checksum" not in session.query


def test_a_new_database_while_all_was_saved_is_told_with_the_former_content() -> None:
    line = edited(joined(SimulatedServer("")), insert(0, "mine"))
    line.settle()
    line = Line(SimulatedServer("", epoch="e2"), line.session, "a")
    line.settle()
    (change,) = line.changes
    assert change.replaced is not None
    assert change.replaced.content == "mine"
    assert "epoch" in change.replaced.reason


def test_another_history_with_the_same_content_is_no_change() -> None:
    line = edited(joined(SimulatedServer("")), insert(0, "mine"))
    line.settle()
    line = Line(SimulatedServer("mine", epoch="e2"), line.session, "a")
    line.settle()
    assert line.changes == []


def test_an_older_backup_with_unsaved_changes_is_an_error_that_says_so() -> None:
    server = SimulatedServer("")
    line = edited(joined(server), insert(0, "one"))
    line.settle()
    line.session.edit(insert(3, " two"))
    with pytest.raises(DocumentReplaced, match="has version 0, older than 1") as replaced:
        Line(SimulatedServer(""), line.session, "a").deliver()
    assert (replaced.value.content, replaced.value.unsaved) == ("one two", True)


def test_a_document_of_another_type_by_now_is_an_error_with_the_content() -> None:
    for edits, error in (((), JoinRefused), ((insert(4, "s"),), NotSaved)):
        line = edited(joined(SimulatedServer("text")), *edits)
        with pytest.raises(error, match="has the type 'json' now") as replaced:
            Line(SimulatedServer({}, "e2", doc_type=JSON), line.session, "a").deliver()
        assert replaced.value.content == "text" + "s" * len(edits)
        assert replaced.value.unsaved == bool(edits)


def test_an_edit_whose_id_another_editor_has_used_is_sent_under_another_client_id() -> None:
    server = SimulatedServer("")
    server.refusals.append("out_of_order")
    line = edited(joined(server), insert(0, "mine"))
    line.send()
    line.arrive()
    with pytest.raises(StreamGap):
        line.deliver()
    line.session.rename("b")
    again = Line(server, line.session, "b")
    again.settle()
    assert server.content == line.session.content == "mine"
    assert again.changes == []


def test_frames_of_a_host_are_passed_over() -> None:
    line = joined(SimulatedServer("content"))
    for frame in (
        {},
        {"type": None},
        {"type": ["ack"]},
        {"type": "broadcast"},
        {"type": "ack"},
        {"type": "ack", "id": "1", "version": 1},
        {"type": "document_change", "version": 1, "user_id": "u", "client_id": "c"},
        {"type": "error"},
        {"type": "error", "code": 7, "message": None},
    ):
        assert line.session.receive(frame) is None
    assert line.session.content == "content"
