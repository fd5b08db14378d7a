"""Document types that other packages bring are found by their entry points."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from collab.app import Collab
from collab.errors import ConfigurationError
from collab.installed_types import register_installed_types
from collab.ot import get_type, register, registry, types
from collab.settings import Settings

from .otherpackage import install_growset, install_package


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in which modules and packages are found; types that a test registers go again."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    known = dict(registry._types)
    registry._types.pop("growset", None)
    yield folder
    registry._types.clear()
    registry._types.update(known)


def test_an_application_has_the_types_of_installed_packages(site: Path, database: str) -> None:
    install_growset(site)
    assert "growset" not in types()
    Collab(Settings(database=database))
    assert get_type("growset").create(["b", "a"]) == ["a", "b"]


def test_an_object_will_do_in_place_of_a_class(site: Path) -> None:
    source = "from tests.ot.growset import GrowSetType\nMADE = GrowSetType()\n"
    install_package(site, "made_before", source, "growset = made_before:MADE")
    register_installed_types()
    assert get_type("growset").name == "growset"


def test_what_the_program_has_registered_itself_stays(site: Path) -> None:
    install_growset(site)
    register_installed_types()
    own = get_type("growset")
    register_installed_types()
    assert get_type("growset") is own
    register(other := type(own)())
    register_installed_types()
    assert get_type("growset") is other


@pytest.mark.parametrize(
    ("package", "source", "entry_point", "problem"),
    [
        (
            "missing_part",
            "import no_such_module",
            "song = missing_part:SongType",
            "the document type 'song' of the package 'missing_part' can't be used: "
            "ModuleNotFoundError: No module named 'no_such_module'; "
            "repair the package or uninstall it",
        ),
        ("renamed_class", "", "song = renamed_class:SongType", "has no attribute 'SongType'"),
        (
            "needy_class",
            "class SongType:\n    def __init__(self, key): pass",
            "song = needy_class:SongType",
            "missing 1 required positional argument: 'key'",
        ),
        (
            "half_a_type",
            "class SongType:\n    name = 'song'\n    def create(self, content=None): pass",
            "song = half_a_type:SongType",
            "half_a_type:SongType has no check, normalize, apply, compose, transform, invert, "
            "difference, transform_cursor, buffer",
        ),
        (
            "other_name",
            "from tests.ot.growset import GrowSetType",
            "song = other_name:GrowSetType",
            "has the name 'growset'",
        ),
        (
            "usurper",
            "from tests.ot.growset import GrowSetType",
            "text = usurper:GrowSetType",
            "the document type 'text' of the package 'usurper' exists already in collab itself",
        ),
    ],
)
def test_a_type_that_can_t_be_used_stops_the_start_and_says_why(
    site: Path, database: str, package: str, source: str, entry_point: str, problem: str
) -> None:
    install_package(site, package, source, entry_point)
    with pytest.raises(ConfigurationError) as refusal:
        Collab(Settings(database=database))
    assert problem in str(refusal.value)


def test_two_packages_with_one_name_are_both_told(site: Path) -> None:
    install_growset(site)
    source = "from tests.ot.growset import GrowSetType"
    install_package(site, "another", source, "growset = another:GrowSetType")
    with pytest.raises(ConfigurationError, match=r"'growset'.* exists already") as refusal:
        register_installed_types()
    assert "'another'" in str(refusal.value)
