"""The limits of an operation are those of the settings, for each type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from collab.errors import InvalidOperation
from collab.ot import TextType, get_type, register
from tests.conftest import Make
from tests.wire import connect

LETTER = {"insert": "x"}
NESTED = {"insert": "x", "attributes": {"link": {"to": "y"}}}


async def refusal(app: Any, doc_type: str, operation: Any) -> str:
    """What an edit of a new document is refused with; empty if it isn't."""
    wire = await connect(app, f"{doc_type}-doc", doc_type=doc_type)
    await wire.expect("document_state")
    await wire.send({"type": "edit", "id": 1, "version": 0, "operation": operation})
    answer = await wire.expect("ack", "error")
    await wire.leave()
    if answer["type"] == "ack":
        return ""
    assert answer["code"] == "invalid_operation"
    return str(answer["message"])


@pytest.mark.parametrize("doc_type", ["text", "richtext"])
async def test_an_edit_of_text_has_as_many_components_as_the_setting_says(
    make_app: Make, doc_type: str
) -> None:
    app = await make_app(max_operation_components=3)
    assert await refusal(app, doc_type, {"ops": [LETTER] * 4}) == (
        "got 4 components, the limit is 3: send several edits"
    )
    assert not await refusal(app, doc_type, {"ops": [LETTER] * 3})


async def test_an_edit_of_json_has_a_limit_of_its_own(make_app: Make) -> None:
    app = await make_app(max_json_operation_components=2, max_operation_components=1)
    member = {"p": ["n"], "oi": 0}
    addition = {"p": ["n"], "na": 1}
    assert await refusal(app, "json", [member, addition, addition]) == (
        "got 3 components, those of text0 counted each, the limit is 2: send several edits"
    )
    assert not await refusal(app, "json", [member, addition])


async def test_attributes_are_scalars_unless_the_setting_says_more(make_app: Make) -> None:
    strict = await make_app()
    assert "'link'" in await refusal(strict, "richtext", {"ops": [NESTED]})
    await strict.close()
    generous = await make_app(max_attribute_depth=1)
    assert not await refusal(generous, "richtext", {"ops": [NESTED]})


async def test_a_document_stays_readable_when_limits_become_narrower(make_app: Make) -> None:
    generous = await make_app(max_attribute_depth=1)
    await generous.manager.create_document("doc", "richtext")
    await generous.manager.handle_edit("doc", "ann", {"ops": [NESTED]})
    await generous.close()
    strict = await make_app()
    _, version, content = await strict.manager.read_document("doc")
    assert (version, content) == (1, {"ops": [NESTED]})


@pytest.fixture
def narrow_text() -> Iterator[None]:
    former = get_type("text")
    register(TextType(max_components=1))
    yield
    register(former)


async def test_a_type_registered_in_the_place_of_ours_brings_its_own_limits(
    make_app: Make, narrow_text: None
) -> None:
    app = await make_app()
    assert "the limit is 1:" in await refusal(app, "text", {"ops": [LETTER] * 2})


async def test_a_component_has_as_many_attributes_as_the_setting_says(make_app: Make) -> None:
    app = await make_app(max_component_attributes=3)
    four = {"insert": "x", "attributes": dict.fromkeys("abcd", 1)}
    assert "more than 3 attributes, which is the limit (max_component_attributes)" in (
        await refusal(app, "richtext", {"ops": [four]})
    )
    three = {"insert": "x", "attributes": dict.fromkeys("abc", 1)}
    assert not await refusal(app, "richtext", {"ops": [three]})


async def test_a_stretch_does_not_gather_more_attributes_edit_by_edit(make_app: Make) -> None:
    app = await make_app(max_component_attributes=3)
    edit = app.manager.handle_edit
    await app.manager.create_document("doc", "richtext")
    await edit("doc", "ann", {"ops": [{"insert": "x", "attributes": dict.fromkeys("abc", 1)}]})
    with pytest.raises(InvalidOperation, match="would have 4 attributes, the limit is 3"):
        await edit("doc", "ann", {"ops": [{"retain": 1, "attributes": {"d": 1}}]})
    await edit("doc", "ann", {"ops": [{"retain": 1, "attributes": {"a": None, "d": 1}}]})


async def test_values_nested_in_an_attribute_count(make_app: Make) -> None:
    app = await make_app(max_component_attributes=3, max_attribute_depth=2)
    nested = {"insert": "x", "attributes": {"a": [1, 2, 3]}}
    assert "more than 3 attributes" in await refusal(app, "richtext", {"ops": [nested]})
