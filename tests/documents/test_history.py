from __future__ import annotations

import gc

import pytest

from collab.documents.history import Change, History
from collab.sessions.change_frames import frame_for
from collab.sessions.wire import texts_of
from collab.storage import OperationRecord


def change(version: int, client_id: str = "c", size: int = 10) -> Change:
    return Change(OperationRecord(version, "x" * size, client_id, version, "u", "", 0.0), None)


def history(head: int, tail: int = 0, **limits: int) -> History:
    made = History(0, **{"max_operations": 100, "max_bytes": 1_000_000, **limits})
    for version in range(1, head + tail + 1):
        made.append(change(version))
    made.commit(head)
    return made


def versions(changes: list[Change]) -> list[int]:
    return [each.version for each in changes]


def test_only_what_is_committed_is_shown() -> None:
    made = history(3, tail=2)
    assert (made.start, made.head, made.accepted) == (0, 3, 5)
    assert versions(made.committed_since(1)) == [2, 3]
    assert versions(made.committed_since(0, 2)) == [1, 2]
    assert versions(made.since(1)) == [2, 3, 4, 5]
    assert versions(made.tail(9)) == [4, 5]
    assert versions(made.tail(1)) == [4]


def test_versions_have_no_gap() -> None:
    made = history(1)
    with pytest.raises(ValueError, match="expected 2"):
        made.append(change(3))
    with pytest.raises(ValueError, match="expected 1 to 1"):
        made.commit(2)


def test_the_tail_can_be_taken_back() -> None:
    made = history(2, tail=2)
    assert versions(made.drop_tail()) == [3, 4]
    assert made.accepted == 2
    made.append(change(3))
    assert versions(made.tail(9)) == [3]


def test_the_older_half_leaves_memory_and_never_the_tail() -> None:
    made = history(101, tail=3)
    assert made.over_limit
    made.trim()
    assert (made.start, made.head, made.accepted) == (51, 101, 104)
    assert not made.over_limit
    assert versions(made.since(102)) == [103, 104]
    with pytest.raises(ValueError, match="has left memory"):
        made.since(50)


def test_bytes_are_bounded_too() -> None:
    made = history(10, max_bytes=9 * change(1).size_bytes)
    assert made.over_limit
    made.trim()
    assert not made.over_limit
    one_that_is_too_large = history(1, max_bytes=5)
    one_that_is_too_large.trim()
    assert (one_that_is_too_large.start, one_that_is_too_large.over_limit) == (1, False)


def test_a_change_counts_as_what_it_takes_in_memory() -> None:
    small, large = change(1, size=10), change(2, size=10_010)
    assert large.size_bytes - small.size_bytes == 2 * 10_000
    wide = Change(OperationRecord(1, "\U0001f600" * 10_010, "c", 1, "u", "", 0.0), None)
    assert wide.size_bytes > 2 * 4 * 10_000
    decoded = Change(large.record, {"ops": [{"insert": "x" * 10_000}]})
    assert decoded.size_bytes > large.size_bytes + 10_000


def test_an_author_sees_an_ack_where_others_see_the_change() -> None:
    made = Change(OperationRecord(4, '{"ops":[]}', "a", 2, "ann", "", 0.0), None)
    assert list(texts_of(frame_for("a", made))) == ['{"type":"ack","id":2,"version":4}']
    assert b'"document_change"' in frame_for("b", made)
    assert frame_for("b", made) is frame_for("c", made)


def test_the_uncommitted_edit_of_an_editor_is_found() -> None:
    made = history(2)
    made.append(change(3, "other"))
    found = made.uncommitted("other")
    assert found is not None
    assert found.version == 3
    assert made.uncommitted("c") is None


def test_thousands_of_changes_are_nothing_for_the_garbage_collector() -> None:
    record = OperationRecord(1, '{"ops":[{"insert":"x"}]}', "c", 1, "u", "f" * 32, 0.5)
    change = Change(record, outline=(0, 0, 1))
    assert not gc.is_tracked(record)
    assert not gc.is_tracked(change)
    assert change.operation == {"ops": [{"insert": "x"}]}
