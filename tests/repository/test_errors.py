"""The trees of errors in the docs, the names that modules offer and the classes are the same."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import collab
from collab import errors
from collab.client import errors as client_errors
from collab.client.temporary import TEMPORARY_CODES

STATIC = Path(__file__).parents[2] / "static" / "js"


def tree_in(module: ModuleType) -> dict[str, str]:
    """Each class of the tree in a module's docstring, with its base; of the root, none."""
    found: dict[str, str] = {}
    bases: list[tuple[int, str]] = []
    for line in (module.__doc__ or "").splitlines():
        branch = re.match(r" {4}((?:[│ ] +)*(?:[├└]── )?)(\w+(?: · \w+)*)(?:  |$)", line)
        if branch is None:
            continue
        bases = [(depth, name) for depth, name in bases if depth < len(branch[1])]
        names = branch[2].split(" · ")
        found |= dict.fromkeys(names, bases[-1][1] if bases else "")
        bases.append((len(branch[1]), names[-1]))
    return found


def classes_of(module: ModuleType) -> dict[str, type[Exception]]:
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, Exception)
        and value.__module__ == module.__name__
    }


def every_error() -> Iterator[type[errors.CollabError]]:
    for module in pkgutil.walk_packages(collab.__path__, "collab."):
        if not module.name.endswith("__main__") and ".migrations." not in module.name:
            importlib.import_module(module.name)
    waiting = [errors.CollabError]
    while waiting:
        each = waiting.pop()
        waiting += each.__subclasses__()
        if each.__module__.startswith("collab."):
            yield each


@pytest.mark.parametrize("module", [errors, client_errors], ids=lambda module: module.__name__)
def test_the_tree_of_errors_is_that_of_the_classes(module: ModuleType) -> None:
    classes = classes_of(module)
    tree = tree_in(module)
    assert set(module.__all__) == set(classes)
    assert set(tree) - {"CollabError"} == set(classes) - {"CollabError"}
    for name, value in classes.items():
        base = value.__bases__[0].__name__
        assert tree[name] == base.replace("Exception", ""), name


def test_no_other_module_has_a_code_of_its_own() -> None:
    known = {*classes_of(errors).values(), *classes_of(client_errors).values()}
    for each in every_error():
        public = next(base for base in each.__mro__ if base in known)
        both: tuple[Any, Any] = (each, public)
        answers = [(one.code, one.status, one.close_code, one.retry) for one in both]
        assert answers[0] == answers[1], each


def test_a_code_has_one_http_status() -> None:
    statuses: dict[str, set[int]] = {}
    for each in classes_of(errors).values():
        assert issubclass(each, errors.CollabError)
        statuses.setdefault(each.code, set()).add(each.status)
    assert {code: found for code, found in statuses.items() if len(found) > 1} == {}


def test_the_clients_try_again_after_every_code_that_allows_it() -> None:
    retried = {each.code for each in every_error() if each.retry} | {errors.Internal.code}
    policy = (STATIC / "collab" / "policy.js").read_text(encoding="utf-8")
    again = re.search(r"AGAIN = new Set\(\[(.*?)\]\)", policy, flags=re.DOTALL)
    assert again is not None
    assert set(re.findall(r'"(\w+)"', again[1])) == retried
    assert retried == TEMPORARY_CODES
