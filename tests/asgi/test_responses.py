"""Responses, event for event the same on both toolkits."""

from __future__ import annotations

import asyncio
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.asgi.filebody import read_whole
from collab.asgi.ranges import MalformedRangeHeader, RangeNotSatisfiable, parse_ranges
from collab.asgi.responses import FileResponse, StreamingResponse

from .toolkits import (
    OURS,
    THEIRS,
    Build,
    Outcome,
    Toolkit,
    alike,
    connect,
    http,
    request,
    run,
    websocket,
)


def response(make: Any) -> Build:
    return lambda kit: make(kit.responses)


RESPONSES: list[Any] = [
    lambda r: r.Response(),
    lambda r: r.Response("ä"),
    lambda r: r.Response(b"\x00", media_type="image/png"),
    lambda r: r.Response(memoryview(b"abcdef")[::2]),
    lambda r: r.Response(memoryview(b"abcdef")[:2]),
    lambda r: r.Response("x", status_code=204),
    lambda r: r.Response(status_code=304, headers={"ETag": '"a"'}),
    lambda r: r.Response("x", headers={"Content-Length": "9", "Content-Type": "a/b"}),
    lambda r: r.Response("x", headers={"content-type": "a/b"}, media_type="c/d"),
    lambda r: r.PlainTextResponse("ä", headers={"X-A": "é"}),
    lambda r: r.PlainTextResponse("x", media_type="text/css; CharSet=latin-1"),
    lambda r: r.HTMLResponse("<p>"),
    lambda r: r.JSONResponse({"a": [1, None, "ä😀", 1.5]}),
    lambda r: r.JSONResponse(None, status_code=400, media_type="application/problem+json"),
    lambda r: r.RedirectResponse("/ä b?x=[1]&y=%20#z"),
    lambda r: r.RedirectResponse("https://a.b/", status_code=303, headers={"x": "y"}),
    lambda r: r.StreamingResponse(["a", b"b", memoryview(b"c")], media_type="text/plain"),
    lambda r: r.StreamingResponse(iter([]), status_code=201),
]  # fmt: skip


@pytest.mark.parametrize("make", RESPONSES)
async def test_a_response_is_the_same_for_a_request_and_as_a_denial(make: Any) -> None:
    for method in ("GET", "HEAD"):
        await alike(response(make), http("/", method))
    newer = {"version": "3.0", "spec_version": "2.4"}
    await alike(response(make), http("/", asgi=newer))
    await alike(response(make), websocket("/"), [connect()])


async def test_an_asynchronous_stream_is_sent_piece_by_piece() -> None:
    def build(kit: Toolkit) -> Any:
        async def numbers() -> Any:
            for number in range(3):
                yield str(number)

        return kit.responses.StreamingResponse(numbers(), background=None)

    assert len((await alike(build, http("/"))).sent) == 5


async def test_json_without_nan() -> None:
    for kit in (OURS, THEIRS):
        with pytest.raises(ValueError, match="JSON compliant"):
            kit.responses.JSONResponse(float("inf"))


COOKIES: list[dict[str, Any]] = [
    {"key": "a"},
    {"key": "a", "value": 'x; "y" ä'},
    {"key": "a", "max_age": 0},
    {"key": "a", "expires": datetime(2030, 1, 2, tzinfo=UTC), "path": None, "samesite": None},
    {"key": "a", "expires": "Thu, 01 Jan 1970 00:00:00 GMT", "domain": "a.b", "path": "/x"},
    {"key": "a", "secure": True, "httponly": True, "samesite": "strict"},
]  # fmt: skip


@pytest.mark.parametrize("cookie", COOKIES, ids=str)
async def test_cookies_are_set_alike(cookie: dict[str, Any]) -> None:
    def make(responses: Any) -> Any:
        made = responses.Response()
        made.set_cookie(**cookie)
        return made

    await alike(response(make), http("/"))


async def test_a_cookie_is_deleted_by_expiring_it() -> None:
    def make(responses: Any) -> Any:
        made = responses.Response()
        made.delete_cookie("a", path="/x", domain="b.c", secure=True, httponly=True)
        return made

    def undated(outcome: Outcome) -> list[Any]:
        headers = outcome.sent[0]["headers"]
        return [(name, re.sub(rb"expires=[^;]*", b"expires", value)) for name, value in headers]

    ours, theirs = [await run(response(make)(kit), http("/")) for kit in (OURS, THEIRS)]
    assert undated(ours) == undated(theirs)


def test_an_unknown_samesite_is_refused() -> None:
    for kit in (OURS, THEIRS):
        with pytest.raises(AssertionError, match="samesite"):
            kit.responses.Response().set_cookie("a", samesite="loose")


def test_headers_can_be_changed_until_they_are_sent() -> None:
    for kit in (OURS, THEIRS):
        made = kit.responses.PlainTextResponse("x")
        made.headers["X-A"] = "1"
        assert made.raw_headers[-1] == (b"x-a", b"1")


class TestStreamsAndClientsThatGo:
    @pytest.mark.parametrize("version", ["2.3", "2.4"])
    async def test_a_stream_ends_when_the_client_goes(self, version: str) -> None:
        def build(kit: Toolkit) -> Any:
            async def endless() -> Any:
                while True:
                    yield b"x"
                    await asyncio.sleep(0)

            inner = kit.responses.StreamingResponse(endless())

            async def app(scope: Any, receive: Any, send: Any) -> None:
                pieces = 0

                async def breaking(message: Any) -> None:
                    nonlocal pieces
                    pieces += 1
                    if version == "2.4" and pieces == 3:
                        raise OSError
                    if pieces < 3:
                        await send(message)

                await inner(scope, receive, breaking)

            return app

        scope = http("/", asgi={"version": "3.0", "spec_version": version})
        outcome = await alike(build, scope, [{"type": "http.disconnect"}])
        assert outcome.raised == ("ClientDisconnect" if version == "2.4" else None)

    async def test_a_stream_that_raises_is_heard_of(self) -> None:
        def build(kit: Toolkit) -> Any:
            async def failing() -> Any:
                yield b"x"
                raise LookupError

            return kit.responses.StreamingResponse(failing())

        assert (await alike(build, http("/"), [request()])).raised == "LookupError"

    async def test_cancelling_the_request_cancels_the_stream(self) -> None:
        ended = asyncio.Event()
        begun = asyncio.Event()

        async def endless() -> Any:
            try:
                while True:
                    yield b"x"
                    begun.set()
                    await asyncio.sleep(0)
            finally:
                ended.set()

        task = asyncio.create_task(run(StreamingResponse(endless()), http("/")))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended.is_set()


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A file that is longer than a chunk."""
    path = tmp_path / "bündle.js"
    path.write_bytes(bytes(range(256)) * 300)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


@pytest.fixture
def stat_result(bundle: Path) -> os.stat_result:
    return bundle.stat()


def file(path: Path, **options: Any) -> Build:
    return lambda kit: kit.responses.FileResponse(path, **options)


RANGES = [
    "bytes=0-9", "bytes=0-", "bytes=-10", "bytes=76799-", "bytes=76800-", "bytes=0-999999",
    "bytes=5-4",
    "bytes=0-70000", "bytes=65536-131071", "bytes=0-65535", "bytes=0-1,5-6",
    "bytes=2-3,0-1", "bytes=0-5,3-9,9-20",
    "bytes=0-70000, 70010-70020", "bytes=-0", "bytes=", "bytes=-", "bytes=x-y", "bytes",
    "items=0-1", "BYTES = 1-2", "bytes=1-2,", "bytes=1--2", "bytes=" + "0-1," * 150, "bytes=0-0,-1",
]  # fmt: skip


@pytest.mark.parametrize("wanted", RANGES)
async def test_a_range_is_answered_alike(bundle: Path, wanted: str) -> None:
    for method in ("GET", "HEAD", "POST"):
        scope = http("/", method, send={"range": wanted})
        assert same_parts(*[await run(file(bundle)(kit), scope) for kit in (OURS, THEIRS)])


def same_parts(ours: Outcome, theirs: Outcome) -> bool:
    """Equal but for the random boundary of a multipart answer."""
    shown = [re.sub(r"[0-9a-f]{26}", "boundary", repr(o)) for o in (ours, theirs)]
    assert shown[0] == shown[1]
    return True


async def test_several_ranges_have_the_length_that_is_promised(bundle: Path) -> None:
    outcome = await run(file(bundle)(OURS), http("/", send={"range": "bytes=0-70000,70100-70200"}))
    promised = dict(outcome.sent[0]["headers"])[b"content-length"]
    assert int(promised) == sum(len(message["body"]) for message in outcome.sent[1:])


async def test_a_condition_decides_whether_the_range_counts(bundle: Path) -> None:
    whole = await alike(file(bundle), http("/"))
    headers = dict(whole.sent[0]["headers"])
    tag, date = headers[b"etag"].decode(), headers[b"last-modified"].decode()
    for condition in (tag, date, "W/" + tag, '"other"', "Thu, 01 Jan 1970 00:00:00 GMT"):
        scope = http("/", send={"range": "bytes=0-1", "if-range": condition})
        outcome = await alike(file(bundle), scope)
        assert outcome.sent[0]["status"] == (206 if condition in (tag, date) else 200)


async def test_a_weak_tag_is_no_condition_for_a_range(bundle: Path) -> None:
    scope = http("/", send={"range": "bytes=0-1", "if-range": 'W/"a"'})
    outcome = await alike(file(bundle, headers={"ETag": 'W/"a"'}), scope)
    assert outcome.sent[0]["status"] == 200


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 131072])
async def test_a_file_of_any_size_is_sent_in_the_same_pieces(tmp_path: Path, size: int) -> None:
    path = tmp_path / "file.unknown"
    path.write_bytes(b"x" * size)
    for method in ("GET", "HEAD"):
        outcome = await alike(file(path), http("/", method))
        assert dict(outcome.sent[0]["headers"])[b"content-length"] == str(size).encode()
    await alike(file(path), websocket("/"), [connect()])


async def test_options_of_a_file_are_headers(bundle: Path, stat_result: os.stat_result) -> None:
    for options in (
        {"filename": "plain.txt"},
        {"filename": "ä b.txt", "content_disposition_type": "inline"},
        {"media_type": "a/b", "headers": {"ETag": '"mine"', "Cache-Control": "immutable"}},
        {"status_code": 404},
        {"stat_result": stat_result},
    ):
        for scope in (http("/"), http("/", send={"range": "bytes=0-1"})):
            await alike(file(bundle, **options), scope)
    await alike(file(bundle), http("/", extensions={"http.response.pathsend": {}}))
    await alike(file(bundle), http("/", asgi={"version": "3.0", "spec_version": "2.4"}))


async def test_a_file_that_is_none_is_a_runtime_error(tmp_path: Path) -> None:
    assert (await alike(file(tmp_path / "nothing"), http("/"))).raised == "RuntimeError"
    assert (await alike(file(tmp_path), http("/"))).raised == "RuntimeError"


async def test_a_file_that_became_shorter_is_a_runtime_error(
    tmp_path: Path, stat_result: os.stat_result
) -> None:
    shorter = tmp_path / "shorter.txt"
    await asyncio.to_thread(shorter.write_bytes, b"short")
    build = file(shorter, stat_result=stat_result)
    scope = http("/", send={"range": "bytes=0-1,70000-70001"})
    ours, theirs = [await run(build(kit), scope) for kit in (OURS, THEIRS)]
    assert same_parts(ours, theirs)
    assert ours.raised == "RuntimeError"


async def test_a_client_that_goes_while_a_file_is_sent_leaves_no_open_file(bundle: Path) -> None:
    inner = FileResponse(bundle)
    sent: list[Any] = []
    reading = asyncio.Event()

    async def send(message: Any) -> None:
        sent.append(message)
        if len(sent) > 1:
            reading.set()
            await asyncio.Event().wait()

    async def receive() -> Any:
        await reading.wait()
        return {"type": "http.disconnect"}

    # An unclosed file would be a ResourceWarning, which is an error here.
    await inner(http("/"), receive, send)
    assert len(sent) == 2


def write_for_ever(file: int) -> None:
    while True:
        os.write(file, b"x")


async def test_a_file_opened_too_late_is_closed(tmp_path: Path) -> None:
    # Opening a pipe for reading waits for its writer: the reader is cancelled meanwhile.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = asyncio.create_task(anext(read_whole(pipe, 10)))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    # Once it is closed at the other end, writing is an error: what is awaited here.
    writing = await asyncio.to_thread(os.open, pipe, os.O_WRONLY)
    with pytest.raises(BrokenPipeError):
        await asyncio.to_thread(write_for_ever, writing)
    os.close(writing)


@given(
    st.lists(st.tuples(st.integers(-5, 40), st.integers(-5, 40)), min_size=1, max_size=6),
    st.integers(0, 30),
)
def test_ranges_are_parsed_as_starlette_does(pairs: list[tuple[int, int]], size: int) -> None:
    number = {True: str, False: lambda n: ""}
    header = "bytes=" + ",".join(f"{number[a >= 0](a)}-{number[b >= 0](b)}" for a, b in pairs)

    def theirs() -> Any:
        try:
            return THEIRS.responses.FileResponse._parse_range_header(header, size)
        except Exception as error:
            return type(error).__name__

    def ours() -> Any:
        try:
            return parse_ranges(header, size, 100)
        except (MalformedRangeHeader, RangeNotSatisfiable) as error:
            return type(error).__name__

    assert ours() == theirs()
