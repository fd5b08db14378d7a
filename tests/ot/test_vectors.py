"""The committed vectors, which the JavaScript client's tests read too."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collab.errors import InvalidOperation
from collab.ot import get_type

from .delta_answers import answers
from .make_vectors import INVALID, MISFITS, VECTORS

SECTIONS: dict[str, dict[str, list[Any]]] = {
    name: json.loads((VECTORS / f"{name}.json").read_text(encoding="ascii")) for name in INVALID
}


def entries(section: str) -> list[Any]:
    return [
        pytest.param(name, entry, id=f"{name} {json.dumps(entry)[:80]}")
        for name, sections in SECTIONS.items()
        for entry in sections[section]
    ]


@pytest.mark.parametrize("name", SECTIONS)
def test_there_are_vectors(name: str) -> None:
    assert len(SECTIONS[name]["cases"]) >= 300
    assert SECTIONS[name]["invalid"] == INVALID[name]
    assert SECTIONS[name]["misfits"] == MISFITS[name]


@pytest.mark.parametrize("name", SECTIONS)
def test_every_case_has_the_committed_answers(name: str) -> None:
    for number, case in enumerate(SECTIONS[name]["cases"] + SECTIONS[name]["names"]):
        assert answers(name, case) == case, f"case {number}"


@pytest.mark.parametrize(("name", "operation"), entries("invalid"))
def test_what_is_no_operation_is_refused(name: str, operation: Any) -> None:
    with pytest.raises(InvalidOperation):
        get_type(name).check(operation)


@pytest.mark.parametrize(("name", "misfit"), entries("misfits"))
def test_what_does_not_fit_is_refused_and_changes_nothing(
    name: str, misfit: dict[str, Any]
) -> None:
    kind, content, operation = get_type(name), misfit["content"], misfit["operation"]
    assert kind.normalize(operation) == operation
    buffer = kind.buffer(content)
    for apply in (buffer.apply, lambda given: kind.apply(content, given)):
        with pytest.raises(InvalidOperation) as refusal:
            apply(operation)
        assert refusal.value.component == misfit["component"]
        assert refusal.value.offset == misfit["offset"]
    assert buffer.content() == content
