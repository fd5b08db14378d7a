"""Settings as the documentation gives them, under the type checkers of those who embed this."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from collab.settings import Settings

SIMPLE: dict[type, str] = {str: '"x"', int: "1", float: "1", bool: "True"}


WRONG = {
    'collab.Settings(port="x")': "arg-type",
    "collab.Settings(allowed_origins=3)": "arg-type",
    "collab.Settings(metrics_token=3)": "arg-type",
    'collab.Settings(auth="nothing")': "arg-type",
    "collab.Settings(nonsense=1)": "call-arg",
}


def check(folder: Path, lines: list[str]) -> dict[str, str]:
    """What `mypy --strict` says of which of these lines of a user's program."""
    program = folder / "host.py"
    program.write_text("\n".join(lines))
    # Of collab itself only its types matter, as where it is installed.
    command = ["-m", "mypy", "--strict", "--config-file=", "--follow-imports=silent"]
    done = subprocess.run(
        [sys.executable, *command, "--cache-dir", str(folder / "cache"), str(program)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
    )
    found = re.findall(r"host\.py:(\d+): error: .*\[([a-z-]+)\]", done.stdout)
    assert len(found) == done.stdout.count("error:"), done.stdout
    return {lines[int(number) - 1]: code for number, code in found}


def given(name: str) -> list[str]:
    """Values of a setting as somebody would write them."""
    default = Settings.model_fields[name].default
    if isinstance(default, SecretStr):
        return ['"sixteen letters!"', 'SecretStr("sixteen letters!")']
    if isinstance(default, tuple):
        return ['["127.0.0.1"]', '("127.0.0.1",)', "[]"]
    if default is None or name in ("log_level", "log_format", "auth"):
        return [repr(default)]
    return [SIMPLE[type(default)], repr(default)]


def test_type_checkers_take_what_is_documented_and_find_what_is_wrong(tmp_path: Path) -> None:
    lines = ["import collab", "from pydantic import SecretStr"]
    lines += [
        f"collab.Settings({name}={value})"
        for name in Settings.model_fields
        for value in given(name)
    ]
    lines += [
        'collab.create_app(collab.Settings(allowed_origins=["https://example.org"]))',
        'origins: tuple[str, ...] = collab.Settings(metrics_token="x").allowed_origins',
        "token: str = collab.Settings().metrics_token.get_secret_value()",
    ]
    assert check(tmp_path, [*lines, *WRONG, ""]) == WRONG


@pytest.mark.parametrize(
    "wrong",
    [
        {"allowed_origins": 3},
        {"allowed_origins": [3]},
        {"metrics_token": 3},
        {"trusted_proxies": ["here"]},
    ],
)
def test_values_are_checked_when_the_program_runs(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**wrong)
    assert Settings(allowed_origins=["https://a.example"]).allowed_origins == ("https://a.example",)
    assert Settings(metrics_token="x").metrics_token == SecretStr("x")
