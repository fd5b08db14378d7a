"""The committed vectors, which the JavaScript client's tests read too."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collab.errors import InvalidOperation
from collab.ot import get_type

from .make_vectors import INVALID, MISFITS, VECTORS
from .text_answers import answers

SECTIONS: dict[str, list[Any]] = json.loads(VECTORS.read_text(encoding="ascii"))


def test_there_are_vectors() -> None:
    assert len(SECTIONS["cases"]) >= 300
    assert SECTIONS["invalid"] == INVALID
    assert SECTIONS["misfits"] == MISFITS


def test_every_case_has_the_committed_answers() -> None:
    for number, case in enumerate(SECTIONS["cases"]):
        assert answers(case) == case, f"case {number}"


@pytest.mark.parametrize("operation", SECTIONS["invalid"], ids=json.dumps)
def test_what_is_no_operation_is_refused(operation: Any) -> None:
    with pytest.raises(InvalidOperation):
        get_type("text").check(operation)


@pytest.mark.parametrize("misfit", SECTIONS["misfits"], ids=json.dumps)
def test_what_does_not_fit_is_refused_and_changes_nothing(misfit: dict[str, Any]) -> None:
    text, content, operation = get_type("text"), misfit["content"], misfit["operation"]
    assert text.normalize(operation) == operation
    buffer = text.buffer(content)
    for apply in (buffer.apply, lambda given: text.apply(content, given)):
        with pytest.raises(InvalidOperation) as refusal:
            apply(operation)
        assert refusal.value.component == misfit["component"]
        assert refusal.value.offset == misfit["offset"]
    assert buffer.content() == content
