"""Path convertors: what they write they read back, and Starlette writes the same."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette import convertors as theirs

from collab.asgi import convertors as ours
from collab.asgi.paths import compile_path

written = st.one_of(
    st.tuples(st.just("int"), st.integers(0)),
    st.tuples(st.just("float"), st.floats(0, 1e15)),
    st.tuples(st.just("uuid"), st.uuids()),
    st.tuples(st.just("str"), st.text(st.characters(exclude_characters="/\n"), min_size=1)),
    st.tuples(st.just("path"), st.text(st.characters(exclude_characters="\n"))),
)


KINDS = sorted(theirs.CONVERTOR_TYPES)
"""An application may register more of ours."""


@given(written)
def test_what_is_written_matches_and_is_read_back(case: tuple[str, Any]) -> None:
    kind, value = case
    convertor = ours.CONVERTOR_TYPES[kind]
    text = convertor.to_string(value)
    assert text == theirs.CONVERTOR_TYPES[kind].to_string(value)
    assert re.fullmatch(convertor.regex, text)
    read = convertor.convert(text)
    assert read == (pytest.approx(value, abs=1e-19) if kind == "float" else value)


@given(st.sampled_from(KINDS), st.text("0123456789abcdefABCDEF-./", max_size=40))
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


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rest", ["", "/end"])
def test_a_path_with_a_line_feed_after_its_end_is_another_path(kind: str, rest: str) -> None:
    pattern = compile_path(f"/at/{{value:{kind}}}{rest}")
    texts = {"int": "5", "float": "1.5", "uuid": "0b5c2d4e-1a2b-4c3d-8e9f-0123456789ab"}
    path = f"/at/{texts.get(kind, 'word')}{rest}"
    assert pattern.match(path) is not None
    found = pattern.match(path + "\n")
    # Of this kind, a line feed is a character like any other.
    assert found == ({"value": "word\n"} if kind == "str" and not rest else None)


def test_a_fixed_path_with_a_line_feed_after_its_end_is_another_path() -> None:
    pattern = compile_path("/metrics")
    assert pattern.match("/metrics") == {}
    for path in ("/metrics\n", "/metrics\n\n", "\n/metrics", "/metrics/", "//metrics"):
        assert pattern.match(path) is None


@pytest.mark.parametrize("kind", ["int", "float"])
def test_a_number_beyond_what_python_reads_is_another_path(kind: str) -> None:
    pattern = compile_path(f"/at/{{value:{kind}}}")
    assert pattern.match(f"/at/{'9' * 5000}") is None
    assert pattern.match("/at/12") == {"value": 12}
