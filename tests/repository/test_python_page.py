"""The program in docs/python.md does what the page says, and the page names what there is."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from collab import client
from tests.serverprocess import ServerProcess

from .test_examples import joined, printed, running, write

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
TEXT = PAGE.read_text(encoding="utf-8")


async def test_the_program_edits_and_prints_what_others_do(tmp_path: Path) -> None:
    (program,) = re.findall(r"^```python\n(.*?)^```$", TEXT, flags=re.DOTALL | re.MULTILINE)
    with ServerProcess(tmp_path) as server:
        program = program.replace("http://127.0.0.1:8000", server.url)
        async with running(sys.executable, "-u", "-c", program) as lines:
            assert await printed(lines) == r"version 1 is 'Hello!\n'"
            async with joined(server) as (ada, state):
                await write(ada, 1, state["version"], "Hi! ")
                assert await printed(lines) == r"ada made it 'Hi! Hello!\n'"


def test_it_names_every_error_and_member() -> None:
    public = (getattr(client, name) for name in client.__all__)
    errors = {
        each.__name__
        for each in public
        if isinstance(each, type)
        and issubclass(each, client.EditorError)
        and each is not client.EditorError
    }
    members = {name for name in vars(client.Editor) if not name.startswith("_")}
    named = set(re.findall(r"`(?:await )?(\w+)(?:\([^`]*\))?`", TEXT))
    assert errors <= named
    # The rest is what `connect` was given, or what `async for` calls.
    assert members - {"changes", "client_id", "user_id"} <= named
