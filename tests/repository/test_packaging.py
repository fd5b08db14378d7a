"""The package as its users get it: built, installed into a host's environment without the command,
installed with it, served from another folder, uninstalled."""

from __future__ import annotations

import re
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from collab import __version__
from tests.serverprocess import ServerProcess

ROOT = Path(__file__).parents[2]
STOP_SECONDS = 30

# The package index may be slow, and the first test of an installation waits for it.
pytestmark = pytest.mark.timeout(900)
EXTRA = {"click", "httptools", "pythonjsonlogger", "uvicorn", "uvloop"}

MOUNTED = """
import asyncio
import collab
from starlette.applications import Starlette
from starlette.routing import Mount

documents = collab.create_app(collab.Settings(database="sqlite:///host.db"))
app = Starlette(routes=[Mount("/collab", app=documents)])

async def get(path):
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
             "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
             "root_path": "", "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1),
             "server": ("127.0.0.1", 80)}
    sent = []

    async def receive():
        await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"]

async def main():
    async with documents.running():
        await documents.manager.create_document("notes", "text")
        await documents.manager.handle_edit("notes", "ann", {"ops": [{"insert": "Hello"}]})
        for path in ("readyz", "", "documents/notes", "api/documents/notes"):
            print(await get(f"/collab/{path}"))

asyncio.run(main())
"""

CLIENT = """
import asyncio, sys
from importlib.metadata import version
from collab.client import connect

async def main():
    async with connect(sys.argv[1], "notes", name="Ann") as editor:
        editor.edit({"ops": [{"insert": "Hello"}]})
        await editor.saved()
        print(version("websockets"), editor.version, editor.content)

asyncio.run(main())
"""

# What a page refers to: in HTML, in a module, in a style sheet. All of it is relative.
REFERENCES = {
    "text/html": re.compile(r"""(?:src|href)="([^"#?:]+\.[a-z0-9]+)\""""),
    "text/javascript": re.compile(
        r"""(?:(?:\bfrom|\bimport)\s*\(?\s*["'](?=\.)|sourceMappingURL=)([^"'\s]+\.(?:js|map))"""
    ),
    # Of a bundle: the modules that it was made from.
    "application/json": re.compile(r'"(\.\./js/[^"]+)"'),
    "text/css": re.compile(r"""url\(["']?([^"')#:]+)["']?\)"""),
}


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def without_comments(text: str) -> str:
    """The text less the lines of documentation comments, which show imports of others."""
    return re.sub(r"^ *\*.*$", "", text, flags=re.MULTILINE)


class Installation:
    """A virtual environment with the wheel in it, and a folder to work in.

    Args:
        requirements: the wheel with or without an extra, what else is installed, options of pip.
    """

    def __init__(self, folder: Path, *requirements: str | Path) -> None:
        self.folder = folder / "work"
        self.folder.mkdir()
        self.prefix = folder / "venv"
        venv.create(self.prefix, with_pip=False)
        self.pip("install", "--quiet", *requirements)

    def pip(self, *arguments: str | Path) -> None:
        python = self.prefix / "bin" / "python"
        pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python)
        run(*pip, *arguments, cwd=self.folder)

    def python(self, *arguments: str) -> str:
        return run(self.prefix / "bin" / "python", *arguments, cwd=self.folder)

    def collab(self, *arguments: str) -> str:
        return run(self.prefix / "bin" / "collab", *arguments, cwd=self.folder)

    def serve(self) -> subprocess.Popen[str]:
        command = [str(self.prefix / "bin" / "collab"), "serve", "--port", "0"]
        return subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE, text=True)

    def remains(self) -> list[str]:
        """Whatever has the program's name in its path."""
        paths = (path.relative_to(self.prefix) for path in self.prefix.rglob("*"))
        return [str(path) for path in paths if "collab" in str(path).lower()]


@pytest.fixture(scope="module")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    constraints = ("--constraint", ROOT / "constraints.txt")
    return Installation(tmp_path_factory.mktemp("installation"), f"{wheel}[server]", *constraints)


@pytest.fixture(scope="module")
def library(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Without the extra `server`, and with the lowest versions that the library alone allows."""
    folder = tmp_path_factory.mktemp("library")
    floors = folder / "floors.txt"
    floors.write_text(run(sys.executable, ROOT / "scripts" / "floors.py", cwd=folder))
    return Installation(folder, wheel, "starlette", "--constraint", floors)


@pytest.fixture(scope="module")
def url(installation: Installation) -> Iterator[str]:
    """The address of the installed program, served from another folder."""
    process = installation.serve()
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://\S+/", line)
    assert found, line
    yield found[0]
    process.terminate()
    process.wait(STOP_SECONDS)
    process.stdout.close()


def test_the_wheel_holds_the_program_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {
        "collab",
        f"collab_server-{__version__}.dist-info",
    }
    assert [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".db"))] == []
    tracked = run("git", "ls-files", "collab", "static", "migrations", cwd=ROOT).split()
    expected = {
        path if path.startswith("collab/") else f"collab/{path}"
        for path in tracked
        if (ROOT / path).is_file()
    }
    assert expected - set(names) == set()


def test_the_library_without_the_extra_is_mounted_in_an_application(library: Installation) -> None:
    installed = library.python(
        "-c", "import pkgutil; print(*{m[1] for m in pkgutil.iter_modules()})"
    )
    assert EXTRA & set(installed.split()) == set()
    assert library.python("-W", "error", "-c", MOUNTED).split() == ["200"] * 4


def test_the_client_without_the_extra_edits_a_document(
    library: Installation, tmp_path: Path
) -> None:
    with ServerProcess(tmp_path) as server:
        assert library.python("-W", "error", "-c", CLIENT, server.url) == "15.0 1 Hello\n"


@pytest.mark.parametrize("command", [["bin/python", "-m", "collab"], ["bin/collab"]])
def test_the_command_without_the_extra_says_what_to_install(
    command: list[str], library: Installation
) -> None:
    program, *arguments = command
    done = subprocess.run(
        [library.prefix / program, *arguments, "serve"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "pip install 'collab-server[server]'" in done.stderr


def test_every_asset_of_both_pages_is_served(url: str) -> None:
    seen: dict[httpx2.URL, int] = {}
    # Host pages import the client; nothing of ours does where pages have bundles.
    paths = ("", "documents/notes", "static/js/collab/index.js")
    waiting = [httpx2.URL(url).join(path) for path in paths]
    with httpx2.Client() as client:
        while waiting:
            address = waiting.pop()
            if address in seen:
                continue
            answer = client.get(address)
            seen[address] = answer.status_code
            kind = answer.headers.get("content-type", "").partition(";")[0]
            if kind in REFERENCES:
                found = REFERENCES[kind].findall(without_comments(answer.text))
                waiting += [address.join(reference) for reference in found]
    assert {str(address): status for address, status in seen.items() if status != 200} == {}
    served = {address.path for address in seen}
    for part in ("/vendor/ot-json0.js", "/js/collab/session.js", "/icons/collab.svg"):
        assert any(path.endswith(part) for path in served)


def test_assets_are_the_files_of_the_repository(url: str) -> None:
    files = [path for path in (ROOT / "static").rglob("*") if path.is_file()]
    assert len(files) > 20
    with httpx2.Client() as client:
        for path in files:
            answer = client.get(f"{url}static/{path.relative_to(ROOT / 'static').as_posix()}")
            if path.suffix in {".html", ".br", ".gz"}:
                # Pages have addresses of their own, where they get their policy. What is compressed
                # is a form of another file.
                assert (path, answer.status_code) == (path, 404)
                continue
            assert (path, answer.status_code) == (path, 200)
            assert answer.content == path.read_bytes()


def test_the_installed_program_is_healthy_and_keeps_documents(
    url: str, installation: Installation
) -> None:
    for path in ("healthz", "readyz"):
        assert httpx2.get(url + path).json() == {"status": "ok"}
    made = httpx2.post(f"{url}api/documents", json={"doc_id": "kept", "title": "Kept"})
    assert made.status_code == 201
    assert (installation.folder / "collab.db").is_file()
    assert "kept\ttext\t0\t" in installation.collab("documents", "list")


# Last, since nothing is left after it.
@pytest.mark.usefixtures("url")
def test_uninstalling_leaves_nothing(installation: Installation) -> None:
    assert installation.collab("--version") == f"collab, version {__version__}\n"
    assert installation.remains()
    installation.pip("uninstall", "--quiet", "--yes", "collab-server")
    assert installation.remains() == []
