"""What is edited faster than it is sent goes in edits that a server takes, all of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collab.client.document_types import client_type
from collab.client.unsent import RECENT_PARTS, Part, Unsent, composed
from collab.errors import InvalidOperation
from collab.ot import get_type, register
from tests.client.simulation import Line, SimulatedServer, joined
from tests.ot.growset import GrowSetType

EMPTY: dict[str, Any] = {"text": "", "richtext": {"ops": []}, "json": {"log": [], "text": ""}}


def server_of(name: str, **options: Any) -> SimulatedServer:
    """A server that refuses what the real one does."""
    return SimulatedServer(EMPTY[name], doc_type=get_type(name), **options)


def insert(offset: int, text: str, **attributes: Any) -> dict[str, Any]:
    component = {"insert": text, **({"attributes": attributes} if attributes else {})}
    return {"ops": [*([{"retain": offset}] if offset else []), component]}


def log(index: int, value: Any) -> list[dict[str, Any]]:
    return [{"p": ["log", index], "li": value}]


def all_is_stored(line: Line) -> None:
    wanted = line.session.content
    line.settle()
    assert [change.refusal for change in line.changes] == []
    assert line.server.content == line.session.content == wanted


BURSTS: dict[str, tuple[str, list[Any]]] = {
    "1,000 items": ("json", [log(index, index) for index in range(1000)]),
    "20 texts of 100 kB": ("text", [insert(0, letter * 100_000) for letter in "abcdefghij" * 2]),
    "20 items of 100 kB": ("json", [log(0, "x" * 100_000) for _ in range(20)]),
    "one text of 1.2 MB": ("text", [insert(0, "naïve 漢字 😀" * 80_000)]),
    "one formatted text of 1.2 MB": ("richtext", [insert(0, "x" * 1_200_000, bold=True)]),
    "one string of 1.2 MB": ("json", [[{"p": ["text", 0], "si": "y" * 1_200_000}]]),
    "one edit of 20,000 components": (
        "text",
        [
            insert(0, "." * 10_000),
            {"ops": [{"insert": "x"}, {"retain": 1}] * 9999 + [{"insert": "y"}, {"delete": 1}]},
        ],
    ),
    "one edit of 3,000 items": (
        "json",
        [[{"p": ["log", index], "li": index} for index in range(3000)]],
    ),
    "pictures behind a text": (
        "richtext",
        [insert(0, "text\n"), *[insert(1, {"image": "x" * 400_000}) for _ in range(4)]],  # type: ignore[arg-type]
    ),
    "a value that is replaced by one as large": (
        "json",
        [
            [{"p": ["a"], "oi": "x" * 700_000}],
            [{"p": ["a"], "od": "x" * 700_000, "oi": 1}],
            [{"p": ["a"], "od": 1, "oi": "y" * 700_000}],
            [{"p": ["a"], "od": "y" * 700_000}],
        ],
    ),
    "12,000 scattered letters": (
        "text",
        [insert(0, "." * 12_000), *[insert(2 * index, "x") for index in range(12_000)]],
    ),
}


@pytest.mark.parametrize("burst", BURSTS)
def test_a_burst_of_legal_edits_is_stored(burst: str) -> None:
    name, edits = BURSTS[burst]
    line = joined(server_of(name))
    for operation in edits:
        line.session.edit(operation)
    all_is_stored(line)


@pytest.mark.parametrize("burst", BURSTS)
def test_a_burst_of_legal_edits_is_stored_while_others_edit(burst: str) -> None:
    name, edits = BURSTS[burst]
    server = server_of(name)
    other = {"json": [{"p": ["other"], "oi": 1}]}.get(name, insert(0, "other "))
    line = joined(server)
    for number, operation in enumerate(edits):
        if number == len(edits) // 2:
            line.send()
            server.accept("b", other)
            line.stream()
            line.deliver()
            # The rest is made on what the other has left.
        line.session.edit(moved(name, operation, number >= len(edits) // 2))
    line.settle()
    assert server.content == line.session.content
    assert [change.refusal for change in line.changes] == []


def moved(name: str, operation: Any, after: bool) -> Any:
    doc_type: Any = client_type(name)
    if name == "json" or not after:
        return operation
    return doc_type.transform(operation, insert(0, "other "), "right")


def test_edits_that_others_changed_meanwhile_still_fit() -> None:
    server = server_of("text")
    line = joined(server)
    line.session.edit(insert(0, "." * 1000))
    line.settle()
    line.session.edit(insert(0, "sent"))
    line.send()
    for index in range(900):
        line.session.edit({"ops": [{"retain": 4 + index}, {"insert": "x"}, {"delete": 1}]})
    for index in range(0, 500, 2):
        server.accept("b", insert(index, "|"))
    line.stream()
    line.settle()
    assert server.content == line.session.content
    assert server.content.count("x") == 900


def test_a_type_without_split_is_sent_in_operations_that_it_allows() -> None:
    register(GrowSetType())
    server = SimulatedServer([], doc_type=get_type("growset"))
    line = joined(server)
    for number in range(40):
        line.session.edit({"add": [f"{number} {text}" for text in range(100)]})
    for number in range(300):
        line.session.edit({"add": [f"another {number} {text}" for text in range(10)]})
    all_is_stored(line)
    assert len(server.content) == 7000


def test_a_single_value_that_is_too_large_is_refused_alone() -> None:
    line = joined(server_of("json"))
    line.session.edit(log(0, "before"))
    line.session.edit([{"p": ["big"], "oi": "x" * 2_000_000}])
    line.session.edit(log(1, "after"))
    line.settle()
    (change,) = line.changes
    assert change.refusal is not None
    assert change.refusal.reason == "too_large"
    assert line.server.content == line.session.content
    assert line.session.content == {"log": ["before", "after"], "text": ""}


def test_a_server_that_takes_less_than_others_is_sent_less() -> None:
    line = joined(server_of("text", bytes_maximum=10_000))
    line.session.edit(insert(0, "x" * 100_000))
    all_is_stored(line)


def test_of_edits_sent_together_only_the_one_at_fault_is_taken_back() -> None:
    line = joined(server_of("text", size_maximum=100))
    line.session.edit(insert(0, "start " + "." * 40))
    line.settle()
    line.session.edit(insert(0, "one "))
    line.session.edit(insert(4, "x" * 1000))
    line.session.edit(insert(4, "two "))
    line.settle()
    (change,) = line.changes
    assert change.refusal is not None
    assert change.refusal.reason == "document_full"
    assert "x" * 1000 in json.dumps(change.refusal.operation)
    assert line.server.content == line.session.content == "one two start " + "." * 40


def test_of_very_many_edits_those_that_fit_are_stored() -> None:
    line = joined(server_of("text", size_maximum=5000))
    for index in range(1000):
        line.session.edit(insert(index * 10, "123456789\n"))
    line.settle()
    assert line.changes
    assert line.server.content == line.session.content
    assert 3000 < len(line.server.content) <= 5000


def test_long_typing_in_one_place_is_few_parts_and_one_edit() -> None:
    unsent = Unsent(client_type("text"))
    for index in range(5000):
        unsent.add(Part.of(insert(7 + index, "x")))
    assert len(unsent.parts) < RECENT_PARTS + 20
    taken = unsent.take(200_000)
    assert not unsent
    assert composed(client_type("text"), taken) == insert(7, "x" * 5000)


def test_what_is_typed_and_deleted_again_is_not_sent() -> None:
    session = joined(server_of("text")).session
    session.edit(insert(0, "x"))
    session.edit({"ops": [{"delete": 1}]})
    assert not session.unsaved


def test_older_parts_are_composed_equals_with_equals() -> None:
    unsent = Unsent(client_type("text"))
    for index in range(5000):
        unsent.add(Part.of(insert(2 * index, "x")))
    assert len(unsent.parts) < RECENT_PARTS + 20
    components = sum(len(part.operation["ops"]) for part in unsent.parts)
    assert 5000 <= components <= 5000 * 2 + len(unsent.parts)


class CountingText:
    """Text that counts the components that are composed."""

    def __init__(self) -> None:
        self._text = client_type("text")
        self.composed = 0

    def compose(self, first: Any, second: Any) -> Any:
        self.composed += len(first["ops"]) + len(second["ops"])
        return self._text.compose(first, second)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._text, name)


def work_for(edits: int) -> int:
    doc_type: Any = CountingText()
    unsent = Unsent(doc_type)
    for index in range(edits):
        unsent.add(Part.of(insert(2 * index, "x")))
    while unsent:
        unsent.take(200_000)
    return doc_type.composed


def test_the_work_to_compose_scattered_edits_grows_about_linearly() -> None:
    work = {edits: work_for(edits) for edits in (1000, 4000, 8000)}
    # n log n, and 1,000 fit into one edit; the square would be 64 times as much.
    assert work[8000] < 3 * work[4000]
    assert work[8000] < 16 * work[1000]


def test_an_edit_that_does_not_fit_the_content_is_refused_at_once() -> None:
    session = joined(server_of("json")).session
    with pytest.raises(InvalidOperation):
        session.edit(log(5, 1))
    assert not session.unsaved
