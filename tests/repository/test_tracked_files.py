"""What must not get into the repository."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Put together here, so that this file is not one of those it looks for.
REGISTRIES = tuple(
    f"{name}.{end}"
    for name, end in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("npmmirror", "com"),
        ("debian", "org/debian"),
        ("jsdelivr", "net"),
        ("unpkg", "com"),
        ("cdnjs", "cloudflare.com"),
        ("esm", "sh"),
    )
)
PATTERN = re.compile("|".join(re.escape(host) for host in REGISTRIES))


def tracked() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


FILES = tracked()


def test_no_file_names_the_host_of_a_package_registry() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in FILES
        for match in PATTERN.finditer(path.read_text(encoding="utf-8", errors="replace"))
    }
    assert found == set()


@pytest.mark.parametrize(
    "lock", [path for path in FILES if path.name == "package-lock.json"], ids=str
)
def test_a_lock_file_pins_packages_without_saying_where_they_are(lock: Path) -> None:
    packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []
    installed = [package for name, package in packages.items() if name]
    assert installed
    assert all("integrity" in package for package in installed)


def test_nothing_that_is_made_here_is_tracked() -> None:
    made = {
        "__pycache__",
        "node_modules",
        ".venv",
        ".venv-test",
        ".servers",
        ".mypy_cache",
        ".pytest_cache",
    }
    assert [path for path in FILES if made & set(path.relative_to(ROOT).parts)] == []
    assert [path for path in FILES if path.suffix in {".pyc", ".db", ".whl"}] == []


def test_no_tracked_file_is_larger_than_a_megabyte() -> None:
    assert [path for path in FILES if path.stat().st_size > 2**20] == []


def test_no_merge_was_left_half_done() -> None:
    marker = re.compile(rb"^(?:<{7} .|>{7} .|={7}\n)", re.MULTILINE)
    assert [path for path in tracked() if marker.search(path.read_bytes())] == []
