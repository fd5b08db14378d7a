"""The tree is the table of contents: layers, no cycles, and modules that keep their word."""

from __future__ import annotations

import ast
import graphlib
import importlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "collab"
SOURCES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
    # Run by Alembic, not imported; an installed package has them inside.
    if "migrations" not in path.parts
}

# From the bottom up. A layer may import those below it and the island, never its own neighbours.
LAYERS = (
    {"errors", "resources", "metrics", "connection_log", "exit_signals", "lifetime"},
    {"settings_sources"},
    {"settings"},
    {"ot", "frames", "turns"},
    {"auth", "storage", "client", "installed_types"},
    {"limits"},
    {"documents"},
    {"sessions"},
    {"manager"},
    {"api", "maintenance"},
    {"app"},
    {"server", ""},
    {"cli"},
    {"__main__"},
)
ISLAND = "asgi"
RANKS = {unit: rank for rank, units in enumerate(LAYERS) for unit in units}


def unit_of(module: str) -> str:
    """The part of the package that a module belongs to: `storage` for `collab.storage.tables`."""
    return module.split(".")[1] if "." in module else ""


def executed(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node, but not what only type checkers look at."""
    yield tree
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield from executed(node)


def imports_of(module: str, walk: Callable[[ast.AST], Iterable[ast.AST]] = ast.walk) -> set[str]:
    """The modules of collab that a module imports."""
    path = SOURCES[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found = set()
    for node in walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names if each.name.split(".")[0] == "collab"}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parts, *([node.module] if node.module else [])])
            if base.split(".")[0] == "collab":
                names = {f"{base}.{each.name}" for each in node.names}
                found |= {name if name in SOURCES else base for name in names}
    return found


def test_every_part_of_the_package_has_its_layer() -> None:
    assert {unit_of(module) for module in SOURCES} == set(RANKS) | {ISLAND}


@pytest.mark.parametrize("module", SOURCES)
def test_imports_go_down_the_layers_only(module: str) -> None:
    unit = unit_of(module)
    for imported in imports_of(module):
        target = unit_of(imported)
        if target == unit:
            continue
        assert unit != ISLAND, f"{module} imports {imported}: the island imports nothing of collab"
        assert target == ISLAND or RANKS[target] < RANKS[unit], f"{module} imports {imported}"


def test_only_the_edge_stands_on_the_island() -> None:
    users = {
        unit_of(module)
        for module in SOURCES
        for imported in imports_of(module)
        if unit_of(imported) == ISLAND != unit_of(module)
    }
    assert users == {"api", "app"}


def test_no_module_imports_itself_by_a_detour() -> None:
    graph = {module: imports_of(module, executed) - {module} for module in SOURCES}
    assert list(graphlib.TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("module", SOURCES)
def test_a_module_has_the_names_that_it_offers(module: str) -> None:
    loaded = importlib.import_module(module)
    offered = getattr(loaded, "__all__", [])
    assert [name for name in offered if not hasattr(loaded, name)] == []
    assert len(set(offered)) == len(offered)


@pytest.mark.parametrize("module", SOURCES)
def test_a_module_with_public_names_says_which(module: str) -> None:
    tree = ast.parse(SOURCES[module].read_text(encoding="utf-8"))
    defined = [
        node.name
        for node in tree.body
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        and not node.name.startswith("_")
    ]
    assert not defined or hasattr(importlib.import_module(module), "__all__")


@pytest.mark.parametrize("module", SOURCES)
def test_a_module_says_what_it_is(module: str) -> None:
    tree = ast.parse(SOURCES[module].read_text(encoding="utf-8"))
    assert not tree.body or ast.get_docstring(tree)


def test_benchmarks_import_nothing_of_the_tests() -> None:
    for path in (PACKAGE.parent / "benchmarks").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert not [name for name in names if name.split(".")[0] == "tests"], path
