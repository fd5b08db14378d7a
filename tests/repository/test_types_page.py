"""Every example in docs/types.md does what the page says."""

from __future__ import annotations

import doctest
import json
import re
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from collab.errors import InvalidOperation
from collab.installed_types import GROUP
from collab.ot import get_type, registry
from tests.ot import growset

PAGE = Path(__file__).parents[2] / "docs" / "types.md"
TEXT = PAGE.read_text(encoding="utf-8")
TYPES = {"## Text": "text", "## Rich text": "richtext", "## JSON": "json"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, flags=re.DOTALL | re.MULTILINE)


def refusals() -> list[tuple[str, str, str, str]]:
    """Of each row that says so: type, content, operation, what is said."""
    found, doc_type = [], ""
    for line in TEXT.splitlines():
        if line.startswith("## "):
            doc_type = TYPES.get(line, "")
        row = re.fullmatch(r"\| `([^`]+)` \| `([^`]+)` \| (.+) \|", line)
        if row and doc_type:
            found.append((doc_type, row[1], row[2], row[3]))
    return found


def test_the_session_on_the_page_goes_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    # Other tests may have registered types of their own.
    known = {name: registry._types[name] for name in TYPES.values()}
    monkeypatch.setattr(registry, "_types", known)
    names: dict[str, Any] = {}
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(verbose=False)
    said: list[str] = []
    for block in blocks("pycon"):
        line = TEXT[: TEXT.index(block)].count("\n")
        test = parser.get_doctest(block, names, PAGE.name, str(PAGE), line)
        runner.run(test, out=said.append, clear_globs=False)
        names.update(test.globs)
    assert not runner.failures, "".join(said)
    assert runner.tries > 50


@pytest.mark.parametrize(("doc_type", "content", "operation", "said"), refusals())
def test_an_operation_in_a_table_is_refused_so(
    doc_type: str, content: str, operation: str, said: str
) -> None:
    kind = get_type(doc_type)
    before = kind.create(json.loads(content))
    with pytest.raises(InvalidOperation) as refusal:
        kind.apply(before, kind.normalize(json.loads(operation)))
    assert str(refusal.value) == said


def test_each_type_has_its_table_of_refusals() -> None:
    assert {row[0] for row in refusals()} == set(TYPES.values())
    assert len(refusals()) == TEXT.count("component 0") + TEXT.count("component 1") + 1


def test_the_type_on_the_page_is_the_one_that_is_tested() -> None:
    source = Path(growset.__file__).read_text(encoding="utf-8")
    assert blocks("python")[0] == source
    in_javascript = PAGE.parents[1] / "tests" / "js" / "growset.mjs"
    assert blocks("js") == [in_javascript.read_text(encoding="utf-8")]


def test_the_metadata_on_the_page_lead_to_that_type() -> None:
    (block,) = blocks("toml")
    (point,) = tomllib.loads(block)["project"]["entry-points"][GROUP].items()
    name, (module, _, attribute) = point[0], point[1].partition(":")
    made = getattr(import_module(f"tests.ot.{module}"), attribute)()
    assert made.name == name


def test_every_code_on_the_page_is_of_a_kind_that_is_tested() -> None:
    fences = re.findall(r"^```(\w*)$", TEXT, flags=re.MULTILINE)
    assert set(fences) == {"pycon", "python", "js", "toml", ""}
    assert fences.count("") * 2 == len(fences)
