"""What is committed of the bundles is what `make bundle` makes of the files beside them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from collab.api.assets import BUILT, Assets

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "static"


def test_the_bundles_are_not_stale() -> None:
    built = (STATIC / BUILT / "VERSION").read_text("utf-8").strip()
    assert built == Assets(STATIC).digest, "run `make bundle`, and commit static/built/"


def test_they_are_made_of_the_same_bytes_again() -> None:
    assert shutil.which("node"), "Node is missing: scripts/test installs it"
    done = subprocess.run(
        ["node", "scripts/bundle.mjs", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_script_and_style_sheet_has_its_compressed_forms_and_map() -> None:
    built = {path.name for path in (STATIC / BUILT).iterdir()}
    for name in built:
        if name.endswith((".js", ".css")):
            assert {f"{name}.br", f"{name}.gz"} <= built
        if name.endswith(".js"):
            assert f"{name}.map" in built


def test_no_bundle_names_an_address_of_somebody_else() -> None:
    for path in (STATIC / BUILT).glob("*.html"):
        text = path.read_text("utf-8")
        assert re.search(r'(?:action|href|src)="(?:https?:)?//', text) is None
        assert "@/" not in text
