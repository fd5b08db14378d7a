"""The log: what a record says it is about, and what is in none."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from collab.auth import User, make_token
from collab.cli.logs import JSONFormatter, RateLimitFilter, TextFormatter
from collab.cli.redaction import without_tokens
from tests.serverprocess import free_port

SECRET = "a secret of at least thirty-two bytes"


@pytest.mark.parametrize(
    "line",
    [
        '"WebSocket /ws/documents/x?client_id=1&token=SeCrEt.x-y&version=3" [accepted]',
        "GET /?token=SeCrEt HTTP/1.1",
        "GET /ws/documents/x?link=abc.SeCrEt&name=Gus HTTP/1.1",
        "GET /ws/documents/x?client_id=a&guest_secret=SeCrEt&name=Gus HTTP/1.1",
        '{"role": "viewer", "guest_secret": "SeCrEt"}',
        "headers: Authorization: Bearer SeCrEt",
        "cookie: a=b; collab_token=SeCrEt; c=d",
        "{'cookie': 'collab_token=SeCrEt'}",
        "{'token': 'SeCrEt'}",
        '{"metrics_token": "SeCrEt"}',
        r"{\"token\": \"SeCrEt\"}",
        "got eyJhbGciOi.SeCrEt.SeCrEt",
    ],
)
def test_no_token_stays_in_a_line(line: str) -> None:
    assert "SeCrEt" not in without_tokens(line)
    assert "[hidden]" in without_tokens(line)


@pytest.mark.parametrize("line", ["document token: 3", "the token has expired", "?links=3"])
def test_other_lines_stay_as_they_are(line: str) -> None:
    assert without_tokens(line) == line


# -- the two formats ---------------------------------------------------------------------------


def record(message: str, *args: object, **extra: Any) -> logging.LogRecord:
    logger = logging.getLogger("collab.test")
    return logger.makeRecord(
        logger.name, logging.WARNING, "here.py", 1, message, args, extra.pop("exc_info", None),
        extra=extra,
    )  # fmt: skip


def failure() -> Any:
    try:
        raise ValueError("token=SeCrEt")
    except ValueError:
        return sys.exc_info()


def test_as_text_a_record_ends_with_what_it_is_about() -> None:
    line = TextFormatter().format(record("left %d", 3, doc_id="notes", name_of="Ann Lee", ip="::1"))
    when, _, rest = line.partition(" WARNING ")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}", when)
    assert rest == 'collab.test: left 3 [doc_id=notes name_of="Ann Lee" ip=::1]'


def test_as_text_a_record_without_that_ends_with_its_message() -> None:
    assert TextFormatter().format(record("hello")).endswith(" WARNING collab.test: hello")


def test_as_text_nobody_makes_up_a_line() -> None:
    line = TextFormatter().format(record("%s", "a\nERROR b\x1b[0m\u2028", doc_id="x\r\ny"))
    assert line.splitlines() == [line]
    assert line.endswith(r': a\nERROR b\x1b[0m\u2028 [doc_id="x\r\ny"]')


def test_as_json_a_record_is_an_object_in_one_line() -> None:
    line = JSONFormatter().format(record("left %s", "\ud800\n", doc_id="notes", code=1013))
    assert line.splitlines() == [line]
    found = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", found.pop("time"))
    assert found == {
        "level": "WARNING",
        "logger": "collab.test",
        "message": "left \ud800\n",
        "doc_id": "notes",
        "code": 1013,
    }


@pytest.mark.parametrize("formatter", [TextFormatter, JSONFormatter])
def test_no_token_is_in_a_message_a_traceback_or_a_field(
    formatter: Callable[[], logging.Formatter],
) -> None:
    secret = record("GET /?token=%s", "SeCrEt", exc_info=failure(), header={"token": "SeCrEt"})
    line = formatter().format(secret)
    assert "SeCrEt" not in line
    assert line.count("[hidden]") >= 3
    assert "ValueError" in line


# -- how much ----------------------------------------------------------------------------------


def passed(
    limiter: RateLimitFilter, second: float, message: str, count: int
) -> list[logging.LogRecord]:
    records = [record(message, number) for number in range(count)]
    for each in records:
        each.created = second
    return [each for each in records if limiter.filter(each)]


def test_of_one_kind_only_so_many_records_are_written_in_a_second() -> None:
    limiter = RateLimitFilter(maximum=3)
    assert len(passed(limiter, 1.0, "refused %d", 10)) == 3
    assert len(passed(limiter, 1.5, "refused %d", 10)) == 0
    (other,) = passed(limiter, 1.5, "joined %d", 1)
    assert vars(other)["suppressed"] == 17
    (later,) = passed(limiter, 2.0, "refused %d", 1)
    assert "suppressed" not in vars(later)


def test_kinds_beyond_so_many_are_one() -> None:
    limiter = RateLimitFilter(maximum=3)
    kinds = [passed(limiter, 1.0, f"kind {number}", 1) for number in range(10)]
    assert sum(map(len, kinds)) == 6


# -- what is logged ----------------------------------------------------------------------------


class Server:
    """`collab serve` in token mode, and its log once it has ended."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "collab", "serve", "--port", str(self.port), *options],
                cwd=folder,
                env={**_environment(), "COLLAB_TOKEN_SECRET": SECRET},
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self._process.stdout is not None
        assert b"serving at" in self._process.stdout.readline()

    def join(self, token: str, doc_id: str, client_id: str) -> connect:
        query = f"token={token}&client_id={client_id}"
        return connect(f"ws://127.0.0.1:{self.port}/ws/documents/{doc_id}?{query}")

    def ended(self) -> str:
        with self._process:
            self._process.terminate()
        return self.log.read_text(encoding="utf-8")


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in os.environ if not name.startswith("COLLAB_")}


async def type_letters(wire: ClientConnection, count: int) -> None:
    for edit_id in range(1, count + 1):
        operation = {"ops": [{"insert": "x"}]}
        edit = {"type": "edit", "id": edit_id, "version": edit_id - 1, "operation": operation}
        await wire.send(json.dumps(edit))
        while json.loads(await wire.recv())["type"] != "ack":
            pass


@pytest.mark.parametrize("level", ["info", "debug"])
def test_each_record_of_a_connection_says_which(folder: Path, level: str) -> None:
    server = Server(folder, "--auth", "token", "--log-format", "json", "--log-level", level)
    token = make_token(SECRET, User("ann", "Ann"), lifetime_seconds=600)

    async def come_and_go() -> None:
        async with server.join(token, "notes", "a") as ann, server.join(token, "other", "b"):
            await type_letters(ann, 50)
            await ann.send("nonsense")
        with pytest.raises(InvalidStatus):
            await server.join("forged", "notes", "c")

    asyncio.run(come_and_go())
    log = server.ended()
    assert token not in log
    assert "forged" not in log
    records = [json.loads(line) for line in log.splitlines()]
    ours = [each for each in records if each["logger"].startswith("collab.")]
    named = [each for each in ours if "connection_id" in each]
    joined = {each["doc_id"]: each for each in named if each["message"] == "joined"}
    assert joined["notes"]["user_id"] == "ann"
    assert joined["notes"]["address"] == "127.0.0.1"
    assert joined["notes"]["role"] == "owner"
    ids = {each["connection_id"]: (each["doc_id"], each.get("client_id")) for each in named}
    assert sorted(ids.values(), key=str) == [("notes", "a"), ("notes", None), ("other", "b")]
    (refused,) = (each for each in named if each["message"].startswith("refused: "))
    assert (refused["doc_id"], "client_id" in refused) == ("notes", False)
    assert sum(each["message"] == "left" for each in named) == 2
    # Whatever the level, an edit is not worth a record.
    assert len(ours) < 20
    if level == "info":
        assert len(records) == len(ours) == 5


def test_as_text_it_is_the_same(folder: Path) -> None:
    server = Server(folder)

    async def come_and_go() -> None:
        async with server.join("", "notes", "a"):
            pass

    asyncio.run(come_and_go())
    joined, left = server.ended().splitlines()
    (connection_id,) = set(re.findall(r"connection_id=(\w{12}) ", joined + left))
    about = f"connection_id={connection_id} doc_id=notes client_id=a"
    assert f"INFO collab.sessions.connections: joined [{about} user_id=" in joined
    assert left.endswith(f"INFO collab.sessions.connections: left [{about}]")
