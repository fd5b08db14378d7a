"""What holds for every operation type, whatever its content.

A law is a plain function of a type and of what it draws: pytest tries it on bytes from Hypothesis
(`test_laws`), and `tests.ot.fuzz` on very many bytes from a plain generator.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from collab.errors import InvalidOperation
from collab.ot import OperationType, get_type
from collab.ot.types import Side

from .draws import Draws
from .growset_cases import GrowSetCases
from .json_cases import JsonCases
from .richtext_cases import RichTextCases
from .text_cases import TextCases

__all__ = ["LAWS", "TYPES", "Law", "cases_of", "laws_of", "obey"]

Law = Callable[[OperationType, Draws], None]

TYPES: list[Any] = [
    TextCases(),
    RichTextCases(),
    JsonCases(),
    GrowSetCases(),
]
"""What the laws need to know of each type."""

LAWS: dict[str, Law] = {}
"""The laws by name."""

CURSOR_LAWS: set[str] = set()
"""Those that say something only of a type that has cursors."""


def law(function: Law) -> Law:
    LAWS[function.__name__] = function
    return function


def cursor_law(function: Law) -> Law:
    CURSOR_LAWS.add(function.__name__)
    return law(function)


def cases_of(name: str) -> Any:
    """What the laws need to know of the type of this name."""
    return next(cases for cases in TYPES if cases.name == name)


def laws_of(name: str) -> list[str]:
    """The names of the laws that a type must obey."""
    cursors = cases_of(name).has_cursors
    return [each for each in LAWS if cursors or each not in CURSOR_LAWS]


def obey(name: str, draws: Draws) -> None:
    """Try one law on what `draws` gives; any exception means that it is broken."""
    LAWS[name](get_type(draws.cases.name), draws)


class Passed:
    """An operation that was applied, with its outline."""

    def __init__(self, kind: OperationType, operation: Any) -> None:
        self.operation = operation
        self.outline = kind.outline(operation) if hasattr(kind, "outline") else None


def refusal(call: Callable[[], Any]) -> tuple[str, int | None, int | None] | None:
    """How the call is refused, None if it isn't."""
    try:
        call()
    except InvalidOperation as error:
        return str(error), error.component, error.offset
    return None


@law
def an_operation_and_its_normal_form_have_one_effect(kind: OperationType, draws: Draws) -> None:
    content = draws.content()
    raw = draws.raw_operation(content)
    kind.check(raw)
    normal = kind.normalize(raw)
    kind.check(normal)
    assert kind.normalize(normal) == normal
    assert kind.apply(content, normal) == kind.apply(content, raw)


@law
def composing_is_applying_one_after_the_other(kind: OperationType, draws: Draws) -> None:
    content = draws.content()
    first = draws.operation(content)
    between = kind.apply(content, first)
    second = draws.operation(between)
    composed = kind.compose(first, second)
    assert kind.apply(content, composed) == kind.apply(between, second)
    assert kind.normalize(composed) == composed


@law
def both_orders_of_two_concurrent_operations_end_alike(kind: OperationType, draws: Draws) -> None:
    content = draws.content()
    committed, incoming = draws.operation(content), draws.operation(content)
    moved_incoming = kind.transform(incoming, committed, "right")
    moved_committed = kind.transform(committed, incoming, "left")
    on_server = kind.apply(kind.apply(content, committed), moved_incoming)
    at_author = kind.apply(kind.apply(content, incoming), moved_committed)
    assert on_server == at_author
    assert kind.normalize(moved_incoming) == moved_incoming
    assert kind.normalize(moved_committed) == moved_committed
    for path in ((committed, moved_incoming), (incoming, moved_committed)):
        assert kind.apply(content, kind.compose(*path)) == on_server


@law
def an_operation_is_transformed_over_many_step_by_step(kind: OperationType, draws: Draws) -> None:
    content = draws.content()
    sent = pending = draws.operation(content)
    on_server, at_author = content, kind.apply(content, pending)
    passed = []
    for _ in range(draws.count(4)):
        committed = draws.operation(on_server)
        passed.append(Passed(kind, committed))
        on_server = kind.apply(on_server, committed)
        at_author = kind.apply(at_author, kind.transform(committed, pending, "left"))
        pending = kind.transform(pending, committed, "right")
        assert kind.apply(on_server, pending) == at_author
    if hasattr(kind, "transform_past"):
        assert kind.transform_past(sent, passed) == pending
        for each in passed:
            each.outline = None
        assert kind.transform_past(sent, passed) == pending


@law
def the_inverse_restores(kind: OperationType, draws: Draws) -> None:
    content = draws.content()
    operation = draws.operation(content)
    inverse = kind.invert(operation, content)
    changed = kind.apply(content, operation)
    assert kind.apply(changed, inverse) == content
    assert kind.apply(content, kind.invert(inverse, changed)) == changed
    assert kind.normalize(inverse) == inverse


@law
def the_difference_leads_from_one_content_to_the_other(kind: OperationType, draws: Draws) -> None:
    before, after = draws.content(), draws.content()
    difference = kind.difference(before, after)
    assert kind.apply(before, difference) == after
    assert kind.normalize(difference) == difference


@law
def no_function_changes_its_arguments(kind: OperationType, draws: Draws) -> None:
    content = draws.content()
    raw = draws.raw_operation(content)
    one, two = draws.operation(content), draws.operation(content)
    after = draws.operation(kind.apply(content, one))
    given = (content, raw, one, two, after)
    before = copy.deepcopy(given)
    buffer = kind.buffer(content)
    buffer.apply(one)
    buffer.apply(after)
    kind.normalize(raw)
    kind.compose(one, after)
    kind.transform(one, two, "left")
    kind.transform(two, one, "right")
    kind.invert(one, content)
    assert given == before


@law
def any_json_value_is_an_operation_or_invalid(kind: OperationType, draws: Draws) -> None:
    value = draws.almost_operation()
    try:
        normal = kind.normalize(value)
    except InvalidOperation:
        assert refusal(lambda: kind.check(value)) is not None
        return
    kind.check(value)
    assert kind.normalize(normal) == normal
    # Two that can't both fit one content may be refused, but in no other way.
    refusal(lambda: kind.compose(normal, normal))
    refusal(lambda: kind.transform(normal, normal, "left"))
    if refusal(lambda: kind.apply(kind.create(), normal)) is None:
        changed = kind.apply(kind.create(), normal)
        assert kind.create(changed) == changed


@law
def any_json_value_is_content_or_invalid(kind: OperationType, draws: Draws) -> None:
    value = draws.value()
    try:
        content = kind.create(value)
    except InvalidOperation:
        return
    assert kind.buffer(content).content() == content


@cursor_law
def a_cursor_stays_in_the_content_and_goes_back_with_the_inverse(
    kind: OperationType, draws: Draws
) -> None:
    content = draws.content()
    operation = draws.operation(content)
    cursor = draws.cursor(content)
    size = draws.cases.length(content)
    moved_size = draws.cases.length(kind.apply(content, operation))
    other = kind.transform_cursor(cursor, operation, False)
    own = kind.transform_cursor(cursor, operation, True)
    assert 0 <= other <= own <= moved_size
    assert kind.transform_cursor(size, operation, True) == moved_size
    later = draws.cursor(content)
    for by_itself in (False, True):
        ends = [
            kind.transform_cursor(offset, operation, by_itself)
            for offset in sorted((cursor, later))
        ]
        assert ends == sorted(ends)


@cursor_law
def a_cursor_lands_where_an_empty_insert_would(kind: OperationType, draws: Draws) -> None:
    content = draws.content()
    operation = draws.operation(content)
    cursor = draws.cursor(content)
    marker = draws.cases.insertion(content, cursor)
    sides: tuple[tuple[bool, Side], ...] = ((True, "right"), (False, "left"))
    for own, side in sides:
        moved = kind.transform(marker, operation, side)
        landed = draws.cases.insertion_offset(moved)
        assert kind.transform_cursor(cursor, operation, own) == landed


@law
def a_buffer_holds_what_applying_gives(kind: OperationType, draws: Draws) -> None:
    content = draws.content()
    buffer = kind.buffer(content)
    for _ in range(draws.count(6)):
        operation = draws.operation(content)
        expected = buffer.size_after(operation)
        buffer.apply(operation)
        content = kind.apply(content, operation)
        assert buffer.content() == content
        assert buffer.size == expected == kind.buffer(content).size


@law
def a_buffer_refuses_what_applying_refuses_and_stays_as_it_was(
    kind: OperationType, draws: Draws
) -> None:
    content = draws.content()
    operation = draws.operation(draws.content())
    buffer = kind.buffer(content)
    refusals = {
        refusal(lambda: kind.apply(content, operation)),
        refusal(lambda: kind.invert(operation, content)),
        refusal(lambda: buffer.apply(operation)),
    }
    assert len(refusals) == 1
    expected = content if refusals != {None} else kind.apply(content, operation)
    assert buffer.content() == expected
    assert buffer.size == kind.buffer(expected).size


@law
def the_pieces_of_an_operation_do_together_what_it_does(kind: Any, draws: Draws) -> None:
    content = draws.content()
    operation = draws.operation(content)
    maximum = draws.count(200)
    if not hasattr(kind, "split"):
        return
    pieces = kind.split(operation, maximum)
    made = content
    for piece in pieces:
        assert kind.normalize(piece) == piece
        assert len(pieces) == 1 or piece not in ({"ops": []}, [])
        made = kind.apply(made, piece)
    assert made == kind.apply(content, operation)
