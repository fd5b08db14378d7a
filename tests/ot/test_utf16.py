"""Strings measured in UTF-16 code units."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.ot.utf16 import Units, length

from .choices import text_of

TEXTS = st.binary(max_size=20).map(text_of)


@pytest.mark.parametrize(
    ("text", "units"), [("", 0), ("abc", 3), ("é漢\uffff", 3), ("😀", 2), ("a😀b", 4)]
)
def test_a_character_above_the_basic_plane_is_two_units(text: str, units: int) -> None:
    assert length(text) == Units(text).length == units


@given(TEXTS)
def test_cuts_between_characters_are_those_of_the_string(text: str) -> None:
    units = Units(text)
    offsets = [length(text[:index]) for index in range(len(text) + 1)]
    whole = {offset for offset in range(units.length + 1) if not units.splits_pair(offset)}
    assert whole == set(offsets)
    for start, offset in enumerate(offsets):
        for end in range(start, len(offsets)):
            assert units.cut(offset, offsets[end]) == text[start:end]


@pytest.mark.parametrize("text", ["\ud83d", "a\ude00", "\ude00\ud83d", chr(0xD83D) + chr(0xDE00)])
def test_a_lone_surrogate_has_no_length(text: str) -> None:
    with pytest.raises(UnicodeEncodeError):
        length(text)
    with pytest.raises(UnicodeEncodeError):
        Units(text)
