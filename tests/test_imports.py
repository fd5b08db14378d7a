"""What importing a part of the package loads: a program that edits documents loads no server."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import collab

SERVER_PARTS = {
    "api",
    "app",
    "asgi",
    "auth",
    "cli",
    "documents",
    "limits",
    "manager",
    "server",
    "sessions",
    "settings",
    "storage",
}
SERVER_PACKAGES = {
    "alembic",
    "asgiref",
    "click",
    "cryptography",
    "httptools",
    "jwt",
    "prometheus_client",
    "pydantic",
    "pydantic_settings",
    "pythonjsonlogger",
    "servestatic",
    "sqlalchemy",
    "uvicorn",
    "uvloop",
}


def loaded_by(statement: str) -> set[str]:
    """The modules that a new process has loaded after the statement."""
    program = f"import json, sys\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    output = subprocess.check_output([sys.executable, "-W", "error", "-c", program])
    return set(json.loads(output))


def test_the_client_loads_neither_the_server_nor_its_packages() -> None:
    loaded = loaded_by("import collab.client")
    assert "collab.client" in loaded
    assert {module for module in loaded if module.split(".")[0] in SERVER_PACKAGES} == set()
    parts = {module.split(".")[1] for module in loaded if module.startswith("collab.")}
    assert parts & SERVER_PARTS == set()


def test_the_package_alone_loads_no_module_of_its_own() -> None:
    loaded = loaded_by("import collab; collab.__version__")
    assert {module for module in loaded if module.startswith("collab.")} == set()


def test_the_application_loads_no_package_of_the_command() -> None:
    loaded = loaded_by("import collab; collab.create_app")
    needed_by_command = {"click", "httptools", "pythonjsonlogger", "uvicorn", "uvloop"}
    assert loaded & needed_by_command == set()


@pytest.mark.parametrize("name", collab.__all__)
def test_each_public_name_is_there_and_listed(name: str) -> None:
    assert getattr(collab, name) is getattr(collab, name)
    assert name in dir(collab)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'collab' has no attribute 'Nothing'"):
        getattr(collab, "Nothing")  # noqa: B009


def test_type_checkers_see_the_names_that_are_imported_when_used() -> None:
    tree = ast.parse(Path(collab.__file__).read_text(encoding="utf-8"))
    seen = {
        each.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
        for each in node.names
    }
    assert seen == vars(collab)["_MODULES"]
    assert {*seen, "__version__"} == set(collab.__all__)


def test_benchmarks_import_no_test() -> None:
    benchmarks = Path(__file__).parents[1] / "benchmarks"
    for source in benchmarks.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
            assert not [name for name in names if name.split(".")[0] == "tests"], source
