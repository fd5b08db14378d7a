"""The committed vectors, which the JavaScript client's tests read too."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collab.errors import InvalidOperation
from collab.ot import get_type

from .json_answers import answers
from .make_json_vectors import INVALID, MISFITS, VECTORS

SECTIONS: dict[str, list[Any]] = json.loads(VECTORS.read_text(encoding="ascii"))


def test_there_are_vectors() -> None:
    assert len(SECTIONS["cases"]) >= 300
    assert len(SECTIONS["mixed"]) >= 30
    assert SECTIONS["invalid"] == INVALID
    assert SECTIONS["misfits"] == MISFITS


@pytest.mark.parametrize("section", ["cases", "names", "mixed"])
def test_every_case_has_the_committed_answers(section: str) -> None:
    for number, case in enumerate(SECTIONS[section]):
        assert answers(case) == case, f"case {number}"
        assert case["merged"] == case["merged_other"], f"case {number}"


@pytest.mark.parametrize("operation", SECTIONS["invalid"], ids=lambda given: json.dumps(given)[:60])
def test_what_is_no_operation_is_refused(operation: Any) -> None:
    with pytest.raises(InvalidOperation):
        get_type("json").check(operation)


@pytest.mark.parametrize("misfit", SECTIONS["misfits"], ids=json.dumps)
def test_what_does_not_fit_is_refused_and_changes_nothing(misfit: dict[str, Any]) -> None:
    kind, content, operation = get_type("json"), misfit["content"], misfit["operation"]
    assert kind.normalize(operation) == operation
    buffer = kind.buffer(content)
    before = (json.dumps(buffer.content()), buffer.size)
    for refuse in (
        buffer.apply,
        buffer.size_after,
        lambda given: kind.apply(content, given),
        lambda given: kind.invert(given, content),
    ):
        with pytest.raises(InvalidOperation, match="path ") as refusal:
            refuse(operation)
        assert refusal.value.component == misfit["component"]
    assert (json.dumps(buffer.content()), buffer.size) == before
