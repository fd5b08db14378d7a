"""Ranges in pyproject.toml, exact versions in the constraints files, and that they agree."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]

# Requirements of applications that were not written for collab. Their servers are their own.
APPLICATIONS = {
    "fastapi": [
        "SQLAlchemy~=2.0.36",
        "alembic~=1.14.0",
        "pydantic~=2.10.0",
        "pydantic-settings~=2.7.0",
        "PyJWT~=2.10.0",
        "cryptography~=44.0.0",
        "click~=8.1.7",
        "uvicorn~=0.34.0",
    ],
    "django": ["asgiref~=3.8.1", "cryptography~=43.0.0", "PyJWT~=2.9.0", "click~=8.1.7"],
    "starlette": [
        "SQLAlchemy[asyncio]~=2.0.30",
        "websockets~=15.0",
        "prometheus-client~=0.21.0",
        "uvicorn~=0.34.0",
    ],
}


def requirements(*extras: str) -> list[Requirement]:
    """Of the library and these extras, less those that name an extra of the project itself."""
    texts = [*PROJECT["dependencies"], *(text for extra in extras for text in EXTRAS[extra])]
    found = [Requirement(text) for text in texts]
    return [each for each in found if each.name != PROJECT["name"]]


def exact(name: str) -> dict[str, Version]:
    """The versions that a constraints file names, by package."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pins = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(package): Version(version) for package, version in pins}


def floor(requirement: Requirement) -> Version:
    (found,) = (each for each in requirement.specifier if each.operator == ">=")
    return Version(found.version)


def lowest(*extras: str) -> dict[str, Version]:
    found: dict[str, Version] = {}
    for each in requirements(*extras):
        name = canonicalize_name(each.name)
        found[name] = max(floor(each), found.get(name, floor(each)))
    return found


@pytest.mark.parametrize("requirement", requirements(*EXTRAS), ids=str)
def test_a_requirement_is_a_range_with_a_floor(requirement: Requirement) -> None:
    assert {each.operator for each in requirement.specifier} <= {">=", "<"}
    assert floor(requirement)


@pytest.mark.parametrize("application", APPLICATIONS)
def test_the_library_allows_versions_that_applications_have(application: str) -> None:
    theirs = {
        canonicalize_name(each.name): each for each in map(Requirement, APPLICATIONS[application])
    }
    shared = [each for each in requirements() if canonicalize_name(each.name) in theirs]
    assert shared
    for each in shared:
        (version,) = theirs[canonicalize_name(each.name)].specifier
        assert version.version in each.specifier, each


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-lowest.txt"])
def test_a_constraints_file_has_exact_versions_and_nothing_else(name: str) -> None:
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        assert line.startswith("# ") or re.fullmatch(r"[\w.-]+==[\w.]+", line)


def test_the_newest_versions_are_in_the_ranges() -> None:
    newest = exact("constraints.txt")
    for each in requirements(*EXTRAS):
        assert newest[canonicalize_name(each.name)] in each.specifier, each


def test_the_lowest_versions_are_the_floors() -> None:
    tested = exact("constraints-lowest.txt")
    floors = lowest("server")
    assert {name: tested[name] for name in floors} == floors


def test_the_command_s_packages_are_in_its_extra_only() -> None:
    command = {"click", "httptools", "python-json-logger", "uvicorn", "uvloop"}
    assert command <= {each.name for each in requirements("server")}
    assert command & {each.name for each in requirements()} == set()
