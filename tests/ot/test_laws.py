"""What holds for every operation type, whatever its content."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

from collab.errors import InvalidOperation
from collab.ot import get_type

from .laws import law

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(), max_size=4)
    | st.sampled_from(["\ud83d", "x\ude00"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["ops", "retain", "insert", "delete", "attributes", "p", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)
ALMOST = st.lists(
    st.dictionaries(
        st.sampled_from(["retain", "insert", "delete", "attributes", "?"]), JSON, max_size=2
    ),
    max_size=4,
).map(lambda components: {"ops": components})


def draw(cases: Any, data: Any, content: Any) -> Any:
    """An operation in normal form that fits the content."""
    kind = get_type(cases.name)
    return kind.normalize(cases.operation(content, data.draw(cases.recipes)))


def refusal(call: Callable[[], Any]) -> tuple[str, int | None, int | None] | None:
    """How the call is refused, None if it isn't."""
    try:
        call()
    except InvalidOperation as error:
        return str(error), error.component, error.offset
    return None


@law
def test_an_operation_and_its_normal_form_have_one_effect(cases: Any, data: Any) -> None:
    kind, content = get_type(cases.name), data.draw(cases.contents)
    raw = cases.operation(content, data.draw(cases.recipes))
    kind.check(raw)
    normal = kind.normalize(raw)
    kind.check(normal)
    assert kind.normalize(normal) == normal
    assert kind.apply(content, normal) == kind.apply(content, raw)


@law
def test_composing_is_applying_one_after_the_other(cases: Any, data: Any) -> None:
    kind, content = get_type(cases.name), data.draw(cases.contents)
    first = draw(cases, data, content)
    between = kind.apply(content, first)
    second = draw(cases, data, between)
    composed = kind.compose(first, second)
    assert kind.apply(content, composed) == kind.apply(between, second)
    assert kind.normalize(composed) == composed


@law
def test_both_orders_of_two_concurrent_operations_end_alike(cases: Any, data: Any) -> None:
    kind, content = get_type(cases.name), data.draw(cases.contents)
    committed, incoming = draw(cases, data, content), draw(cases, data, content)
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
def test_an_operation_is_transformed_over_many_step_by_step(cases: Any, data: Any) -> None:
    kind, content = get_type(cases.name), data.draw(cases.contents)
    pending = draw(cases, data, content)
    on_server, at_author = content, kind.apply(content, pending)
    for _ in range(data.draw(st.integers(1, 4))):
        committed = draw(cases, data, on_server)
        on_server = kind.apply(on_server, committed)
        at_author = kind.apply(at_author, kind.transform(committed, pending, "left"))
        pending = kind.transform(pending, committed, "right")
        assert kind.apply(on_server, pending) == at_author


@law
def test_the_inverse_restores(cases: Any, data: Any) -> None:
    kind, content = get_type(cases.name), data.draw(cases.contents)
    operation = draw(cases, data, content)
    inverse = kind.invert(operation, content)
    changed = kind.apply(content, operation)
    assert kind.apply(changed, inverse) == content
    assert kind.apply(content, kind.invert(inverse, changed)) == changed
    assert kind.normalize(inverse) == inverse


@law
def test_the_difference_leads_from_one_content_to_the_other(cases: Any, data: Any) -> None:
    kind = get_type(cases.name)
    before, after = data.draw(cases.contents), data.draw(cases.contents)
    difference = kind.difference(before, after)
    assert kind.apply(before, difference) == after
    assert kind.normalize(difference) == difference


@law
def test_no_function_changes_its_arguments(cases: Any, data: Any) -> None:
    kind, content = get_type(cases.name), data.draw(cases.contents)
    raw = cases.operation(content, data.draw(cases.recipes))
    one, two = draw(cases, data, content), draw(cases, data, content)
    after = draw(cases, data, kind.apply(content, one))
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
def test_any_json_value_is_an_operation_or_invalid(cases: Any, data: Any) -> None:
    kind = get_type(cases.name)
    value = data.draw(JSON | ALMOST)
    try:
        normal = kind.normalize(value)
    except InvalidOperation:
        with pytest.raises(InvalidOperation):
            kind.check(value)
        return
    kind.check(value)
    assert kind.normalize(normal) == normal
    kind.compose(normal, normal)
    kind.transform(normal, normal, "left")
    if refusal(lambda: kind.apply(kind.create(), normal)) is None:
        changed = kind.apply(kind.create(), normal)
        assert kind.create(changed) == changed


@law
def test_any_json_value_is_content_or_invalid(cases: Any, data: Any) -> None:
    kind = get_type(cases.name)
    value = data.draw(JSON)
    try:
        content = kind.create(value)
    except InvalidOperation:
        return
    assert kind.buffer(content).content() == content


@law
def test_a_cursor_stays_in_the_content_and_goes_back_with_the_inverse(
    cases: Any, data: Any
) -> None:
    kind, content = get_type(cases.name), data.draw(cases.contents)
    operation = draw(cases, data, content)
    cursor = data.draw(cases.cursors(content))
    size = cases.length(content)
    moved_size = cases.length(kind.apply(content, operation))
    other = kind.transform_cursor(cursor, operation, False)
    own = kind.transform_cursor(cursor, operation, True)
    assert 0 <= other <= own <= moved_size
    assert kind.transform_cursor(size, operation, True) == moved_size
    later = data.draw(cases.cursors(content))
    for by_itself in (False, True):
        ends = [
            kind.transform_cursor(offset, operation, by_itself)
            for offset in sorted((cursor, later))
        ]
        assert ends == sorted(ends)


@law
def test_a_cursor_lands_where_an_empty_insert_would(cases: Any, data: Any) -> None:
    kind, content = get_type(cases.name), data.draw(cases.contents)
    operation = draw(cases, data, content)
    cursor = data.draw(cases.cursors(content))
    marker = cases.insertion(content, cursor)
    for own, side in ((True, "right"), (False, "left")):
        moved = kind.transform(marker, operation, side)
        landed = cases.insertion_offset(moved)
        assert kind.transform_cursor(cursor, operation, own) == landed


@law
def test_a_buffer_holds_what_applying_gives(cases: Any, data: Any) -> None:
    kind, content = get_type(cases.name), data.draw(cases.contents)
    buffer = kind.buffer(content)
    for _ in range(data.draw(st.integers(1, 6))):
        operation = draw(cases, data, content)
        expected = buffer.size_after(operation)
        buffer.apply(operation)
        content = kind.apply(content, operation)
        assert buffer.content() == content
        assert buffer.size == expected == kind.buffer(content).size


@law
def test_a_buffer_refuses_what_applying_refuses_and_stays_as_it_was(cases: Any, data: Any) -> None:
    kind, content = get_type(cases.name), data.draw(cases.contents)
    operation = draw(cases, data, data.draw(cases.contents))
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
