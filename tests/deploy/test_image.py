"""The image's Dockerfile: its steps are run here, in folders in the place of the image's own."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "examples" / "deploy" / "Dockerfile"
IGNORED = DOCKERFILE.with_name("Dockerfile.dockerignore")
SECONDS = 240

Instruction = tuple[str, str]


def stages() -> list[list[Instruction]]:
    """The instructions of each stage, continued lines joined."""
    text = DOCKERFILE.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    found: list[list[Instruction]] = []
    for line in lines:
        name, _, rest = line.partition(" ")
        if name == "FROM":
            found.append([])
        found[-1].append((name, rest.strip()))
    return found


def environment(stage: list[Instruction]) -> dict[str, str]:
    pairs = [pair for name, rest in stage if name == "ENV" for pair in shlex.split(rest)]
    return dict(pair.split("=", 1) for pair in pairs)


def copy_context(target: Path) -> None:
    """What `COPY . .` copies: the files that git knows and `.dockerignore` lets through."""
    rules = IGNORED.read_text(encoding="utf-8").splitlines()
    kept = [rule[1:] for rule in rules if rule.startswith("!")]
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        if name and any(fnmatch(name.split("/")[0], rule) for rule in kept):
            file = target / name
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, file)


class Image:
    """What the steps made below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.build, self.final = stages()
        self.port = free_port()

    def here(self, text: str) -> str:
        """The image's folders as folders of this machine."""
        return re.sub(r"/(opt/collab|data|src)\b", lambda found: f"{self.root}{found[0]}", text)

    def variables(self) -> dict[str, str]:
        values = {name: self.here(value) for name, value in environment(self.final).items()}
        # A URL of SQLite has three slashes before the path.
        values["COLLAB_DATABASE"] = f"sqlite:///{self.root}/data/collab.db"
        return {**values, "COLLAB_HOST": "127.0.0.1", "COLLAB_PORT": str(self.port)}

    def value(self, name: str) -> str:
        return next(rest for each, rest in self.final if each == name)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The build stage's steps, one after the other."""
    root = tmp_path_factory.mktemp("image")
    made = Image(root)
    (root / "data").mkdir()
    (root / "src").mkdir()
    for name, rest in made.build:
        if name == "COPY":
            assert rest == ". ."
            copy_context(root / "src")
        elif name == "RUN":
            command = made.here(rest).replace("python3 -m venv", f"{sys.executable} -m venv")
            subprocess.run(command, shell=True, cwd=root / "src", check=True, timeout=SECONDS)
    return made


@pytest.fixture
def server(image: Image) -> Iterator[subprocess.Popen[bytes]]:
    """The entry point and its arguments, as a container runs them."""
    variables = {**image.variables(), "COLLAB_AUTH": "token", "COLLAB_TOKEN_SECRET": "s" * 32}
    command = [*json.loads(image.value("ENTRYPOINT")), *json.loads(image.value("CMD"))]
    program = shutil.which(command[0], path=variables["PATH"])
    assert program is not None
    with subprocess.Popen(
        [program, *command[1:]],
        cwd=image.root / "data",
        env=variables,
        stdout=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def test_the_image_serves_and_its_health_check_says_so(
    image: Image, server: subprocess.Popen[bytes]
) -> None:
    assert server.stdout is not None
    assert b"is serving at" in server.stdout.readline()
    check = image.value("HEALTHCHECK").partition("CMD ")[2]
    health = subprocess.run(
        json.loads(check), env=image.variables(), timeout=SECONDS, check=False, capture_output=True
    )
    assert health.returncode == 0, health.stderr
    assert (image.root / "data" / "collab.db").exists()
    server.terminate()
    assert server.wait(SECONDS) == -signal.SIGTERM
    health = subprocess.run(
        json.loads(check), env=image.variables(), timeout=SECONDS, check=False, capture_output=True
    )
    assert health.returncode != 0


def test_the_image_can_use_postgresql(image: Image) -> None:
    python = image.root / "opt" / "collab" / "bin" / "python3"
    subprocess.run([python, "-c", "import asyncpg"], check=True, timeout=SECONDS)


def test_the_program_runs_as_a_user_of_its_own() -> None:
    _, final = stages()
    names = [name for name, _ in final]
    user = next(rest for name, rest in final if name == "USER")
    assert user == "collab"
    assert any(name == "RUN" and rest.endswith(f" {user}") for name, rest in final)
    assert names.index("USER") < names.index("ENTRYPOINT")


def test_the_image_holds_what_the_package_is_built_from(tmp_path: Path) -> None:
    copy_context(tmp_path)
    copied = {path.name for path in tmp_path.iterdir()}
    rules = IGNORED.read_text(encoding="utf-8").splitlines()
    assert copied == {rule[1:] for rule in rules if rule.startswith("!")}
    assert not os.path.lexists(tmp_path / "tests")
