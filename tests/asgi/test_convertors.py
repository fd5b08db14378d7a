"""Path convertors: what they write they read back, and Starlette writes the same."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette import convertors as theirs

from collab.asgi import convertors as ours

written = st.one_of(
    st.tuples(st.just("int"), st.integers(0)),
    st.tuples(st.just("float"), st.floats(0, 1e15)),
    st.tuples(st.just("uuid"), st.uuids()),
    st.tuples(st.just("str"), st.text(st.characters(exclude_characters="/\n"), min_size=1)),
    st.tuples(st.just("path"), st.text(st.characters(exclude_characters="\n"))),
)


@given(written)
def test_what_is_written_matches_and_is_read_back(case: tuple[str, Any]) -> None:
    kind, value = case
    convertor = ours.CONVERTOR_TYPES[kind]
    text = convertor.to_string(value)
    assert text == theirs.CONVERTOR_TYPES[kind].to_string(value)
    assert re.fullmatch(convertor.regex, text)
    read = convertor.convert(text)
    assert read == (pytest.approx(value, abs=1e-19) if kind == "float" else value)


@given(
    st.sampled_from(sorted(ours.CONVERTOR_TYPES)), st.text("0123456789abcdefABCDEF-./", max_size=40)
)
def test_each_kind_matches_what_starlettes_matches(kind: str, text: str) -> None:
    pattern, other = ours.CONVERTOR_TYPES[kind].regex, theirs.CONVERTOR_TYPES[kind].regex
    assert bool(re.fullmatch(pattern, text)) == bool(re.fullmatch(other, text))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("str", "a/b"),
        ("str", ""),
        ("int", -1),
        ("float", -0.5),
        ("float", float("nan")),
        ("float", float("inf")),
    ],
)
def test_what_would_not_be_read_back_is_not_written(kind: str, value: Any) -> None:
    for module in (ours, theirs):
        with pytest.raises(AssertionError):
            module.CONVERTOR_TYPES[kind].to_string(value)
