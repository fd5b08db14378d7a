"""Requests and handshakes that no browser sends: none of them is our own fault, nor any traceback.

Seeded, so that a failure comes again: `random.Random(seed)` makes the requests of each test.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import ConnectionClosed

from collab.auth import User, make_token
from tests.served import Serve, Served
from tests.serverprocess import ServerProcess

SECRET = "a secret of at least thirty-two bytes"
REQUESTS = 400
ANSWER_SECONDS = 30

TEXTS = (
    b"", b" ", b"a", b"0", b"-1", b"\xff", b"\x80\xc3", b"%00", b"%0A", b"%FF", b"%ED%A0%80",
    b"%", b"%zz", b"..", b"%2e%2e", b"a%2Fb", b"//", b"\\", b"[", b"]", b"[::1", b"http://[",
    b"http://[::1]:x", b"[V1.foo]", b"null", b"*", b"file://", b"'", b'"', b'"\\777"', b"\t",
    b"{}", b"[]", b"9" * 400, b"9" * 5000, b"1e999", b"NaN", b"-Infinity", b"1_0", b"\xd9\xa1",
    b"%D9%A1", b"[" * 3000, b"x" * 9000, b"a=b;" * 500, b"bytes=0-",
    b"bytes=" + b"9" * 5000 + b"-", b"bytes=-0", b"Bearer ", b"Bearer a.b.c", b"bearer \xff",
    b"Basic Og==", b"W/\"x\"", b"Sun, 99 Foo 9999 25:61:61 GMT", b"text/plain; version=\xff",
    b"application/openmetrics-text; version=x.y.z; q=abc", b";;;,,,", b"a" + b",a" * 999,
)  # fmt: skip

METHODS = (
    b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"PROPFIND",
    b"MKCOL", b"REPORT", b"SEARCH", b"PURGE", b"LINK", b"M-SEARCH", b"get", b"FOO",
)  # fmt: skip

PATHS = (
    b"/", b"/sign-in", b"/documents/doc", b"/documents/", b"/static/js/api.js", b"/static/",
    b"/static/editor.html", b"/healthz", b"/readyz", b"/metrics", b"/api", b"/api/",
    b"/api/session", b"/api/documents", b"/api/documents/doc", b"/api/documents/none",
    b"/api/documents/doc/operations", b"/api/documents/doc/restore", b"/api/documents/doc/access",
    b"/api/documents/doc/access/users", b"/api/documents/doc/access/users/bob",
    b"/api/documents/doc/access/links", b"/api/documents/doc/access/links/x",
    b"/ws/documents/doc",
)  # fmt: skip

PARAMETERS = (
    b"search", b"limit", b"after", b"version", b"doc_type", b"doc_id", b"user_id", b"name",
    b"token", b"link", b"client_id", b"epoch", b"guest_secret", b"name[]",
)  # fmt: skip

HEADERS = (
    b"Origin", b"Authorization", b"Cookie", b"Accept", b"Accept-Encoding", b"Range",
    b"If-None-Match", b"If-Modified-Since", b"If-Range", b"Sec-Fetch-Site", b"X-Forwarded-For",
    b"X-Forwarded-Proto", b"X-Forwarded-Host", b"Forwarded", b"Content-Type",
    b"Access-Control-Request-Method", b"Access-Control-Request-Headers", b"Expect", b"Connection",
    b"Upgrade", b"TE", b"Via", b"Guest-Secret",
)  # fmt: skip

SOCKET_HEADERS = (
    b"Sec-WebSocket-Protocol", b"Sec-WebSocket-Extensions", b"Sec-WebSocket-Key",
    b"Sec-WebSocket-Version", b"Origin", b"Authorization", b"Cookie", b"X-Forwarded-For",
    b"X-Forwarded-Proto",
)  # fmt: skip

VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    10**400,
    -(10**400),
    2**53,
    2**63,
    1e308,
    "",
    "a",
    "\x00",
    "\u202e",
    "x" * 300,
    "owner",
    "text",
    "json",
    [],
    {},
    [[]],
    {"a": {"b": 1}},
)


def pick(dice: random.Random, texts: tuple[bytes, ...], good: bytes) -> bytes:
    """Now and then something good, so that what comes after it is reached."""
    return good if dice.random() < 0.4 else dice.choice(texts)


def query(dice: random.Random) -> bytes:
    names = dice.sample(PARAMETERS, dice.randrange(4))
    pairs = [name + b"=" + dice.choice(TEXTS).replace(b" ", b"+") for name in names]
    return b"?" + b"&".join(pairs) if pairs else b""


def value_of(dice: random.Random, depth: int = 0) -> Any:
    if depth < 2 and dice.random() < 0.1:
        return {dice.choice(("role", "title", "a")): value_of(dice, depth + 1)}
    return dice.choice(VALUES)


def body(dice: random.Random) -> bytes:
    if dice.random() < 0.2:
        return dice.choice(
            (
                b"",
                b"{",
                b"\xff",
                b"[" * 4000,
                b'{"role":' * 900 + b"1" + b"}" * 900,
                b"null",
                b'"\\ud800"',
            )
        )
    if dice.random() < 0.1:
        field = dice.choice(("role", "title", "version", "lifetime_seconds", "token", "doc_id"))
        return b'{"%s":%s%s}' % (field.encode(), b"[" * 900, b"]" * 900)
    names = ("role", "title", "version", "lifetime_seconds", "token", "doc_id", "doc_type")
    return json.dumps(
        {name: value_of(dice) for name in dice.sample(names, dice.randrange(4))}
    ).encode()


def encoded(part: Any) -> bytes:
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def signed(header: Any, claims: Any) -> bytes:
    """A token as it could only come from who has the secret, or who plays with its header."""
    message = encoded(header) + b"." + encoded(claims)
    signature = hmac.new(SECRET.encode(), message, hashlib.sha256).digest()
    return message + b"." + encoded(signature)


def token(dice: random.Random) -> bytes:
    header: dict[str, Any] = {"alg": "HS256", "typ": "JWT"}
    claims: dict[str, Any] = {"sub": "ann", "exp": 2_000_000_000, "role": "owner"}
    names = ("sub", "exp", "nbf", "iat", "aud", "iss", "jti", "name", "role", "documents")
    for name in dice.sample(names, dice.randrange(3)):
        claims[name] = value_of(dice)
    if dice.random() < 0.2:
        header[dice.choice(("kid", "alg", "typ", "crit", "b64", "jwk"))] = value_of(dice)
    nested = b'{"alg":"HS256","kid":' + b"[" * 2000 + b"]" * 2000 + b"}"
    deep = b'{"sub":"ann","exp":2000000000,"role":' + b"[" * 2000 + b"]" * 2000 + b"}"
    return signed(
        nested if dice.random() < 0.1 else header, deep if dice.random() < 0.1 else claims
    )


def headers(dice: random.Random, names: tuple[bytes, ...]) -> list[bytes]:
    lines = [name + b": " + dice.choice(TEXTS) for name in dice.sample(names, dice.randrange(4))]
    if dice.random() < 0.5:
        lines.append(b"Authorization: Bearer " + token(dice))
    return lines


def http_request(dice: random.Random) -> bytes:
    path = dice.choice(PATHS) + (dice.choice(TEXTS) if dice.random() < 0.3 else b"")
    content = body(dice)
    host = pick(dice, TEXTS, b"127.0.0.1")
    lines = [
        dice.choice(METHODS) + b" " + path.replace(b" ", b"%20") + query(dice) + b" HTTP/1.1",
        b"Host: " + host,
        *headers(dice, HEADERS),
        b"Content-Length: %d" % len(content),
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + content


def handshake(dice: random.Random) -> bytes:
    doc_id = pick(dice, TEXTS, b"doc").replace(b" ", b"%20")
    known = {
        b"Host": pick(dice, TEXTS, b"127.0.0.1"),
        b"Upgrade": b"websocket",
        b"Connection": b"Upgrade",
        b"Sec-WebSocket-Version": b"13",
        b"Sec-WebSocket-Key": b"dGhlIHNhbXBsZSBub25jZQ==",
    }
    if dice.random() < 0.3:
        known.pop(dice.choice(sorted(known)))
    lines = [
        b"GET /ws/documents/" + doc_id + query(dice) + b" HTTP/1.1",
        *[name + b": " + value for name, value in known.items()],
        *headers(dice, SOCKET_HEADERS),
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n"


async def answer(served: Served, request: bytes) -> tuple[int, dict[bytes, bytes], bytes]:
    """Status, headers and body; a connection for each, since many of these end theirs."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    try:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        found = dict(line.lower().split(b": ", 1) for line in lines[1:-2])
        size = 0 if request.startswith(b"HEAD ") else int(found.get(b"content-length", b"0"))
        return int(lines[0].split()[1]), found, await reader.readexactly(size)
    finally:
        writer.close()


@pytest.mark.parametrize("make", [http_request, handshake])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("auth", ["open", "token"])
async def test_no_request_is_our_own_fault(
    serve: Serve,
    make: Callable[[random.Random], bytes],
    seed: int,
    auth: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    served = await serve(
        auth=auth,
        token_secret=SECRET if auth == "token" else "",
        allowed_origins=("https://friend.example",) if seed % 2 else (),
        address_requests_burst=10_000,
        user_requests_burst=10_000,
    )
    await served.app.manager.create_document("doc", owner="ann")
    dice = random.Random(seed)
    seen = set()
    for _ in range(REQUESTS):
        request = make(dice)
        async with asyncio.timeout(ANSWER_SECONDS):
            status, found, content = await answer(served, request)
        seen.add(status)
        assert status < 500, request[:500]
        if status >= 400 and content:
            assert found[b"content-type"] == b"application/json", (status, request[:500])
            assert set(json.loads(content)) == {"code", "message"}
        if status != 101:
            assert found[b"x-content-type-options"] == b"nosniff", (status, request[:500])
    faults = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert not faults, faults[0].getMessage()
    # It reached what lies behind the checks, too.
    assert seen & {101, 200}
    assert seen & {400}


FRAMES = (
    '{"type":"ping","data":%s}',
    '{"type":"presence","data":%s}',
    '{"type":"presence","version":%s}',
    '{"type":"presence","version":0,"cursor":%s}',
    '{"type":"edit","id":1,"version":0,"operation":%s}',
    '{"type":"edit","id":%s,"version":0,"operation":{"ops":[]}}',
    '{"type":%s}',
    "%s",
)


@pytest.mark.parametrize("doc_type", ["text", "richtext", "json"])
async def test_no_frame_is_our_own_fault(
    serve: Serve, doc_type: str, caplog: pytest.LogCaptureFixture
) -> None:
    served = await serve(max_bad_frames=10_000, presence_interval_seconds=0)
    values = [json.dumps(value) for value in VALUES]
    values += ["[" * depth + "]" * depth for depth in (63, 64, 65, 500, 900, 970, 980, 990, 1500)]
    values += ['{"a":' * depth + "1" + "}" * depth for depth in (63, 64, 65, 300, 660)]
    values += ['{"ops":' + value + "}" for value in values]
    url = f"ws://{served.address}/ws/documents/doc?doc_type={doc_type}"
    async with open_websocket(url) as other, open_websocket(url) as wire:
        try:
            for frame in FRAMES:
                for value in values:
                    await wire.send(frame % value)
            await wire.send('{"type":"ping","data":"the last"}')
            while json.loads(await wire.recv()).get("data") != "the last":
                pass
        except ConnectionClosed as closed:
            raise AssertionError(f"closed with {closed.rcvd}") from None
        # What one sends does not end the connection of another.
        await other.send('{"type":"ping","data":"and here"}')
        while json.loads(await other.recv()).get("data") != "and here":
            pass
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("depth", [64, 65, 980])
async def test_data_may_be_nested_as_deep_as_the_page_says(serve: Serve, depth: int) -> None:
    served = await serve()
    async with open_websocket(f"ws://{served.address}/ws/documents/doc") as wire:
        await wire.recv()
        for kind in ("ping", "presence"):
            await wire.send(f'{{"type":"{kind}","data":{"[" * depth}{"]" * depth}}}')
            await wire.send('{"type":"ping","data":"next"}')
            first = json.loads(await wire.recv())
            if depth > 64:
                assert first["type"] == "error"
                # The second, where not even the decoder gets so deep.
                assert first["code"] in ("invalid_frame", "invalid_json")
                assert "nested" in first["message"]
                first = json.loads(await wire.recv())
            elif kind == "ping":
                assert first["type"] == "pong"
                first = json.loads(await wire.recv())
            assert first["data"] == "next"


async def test_data_that_can_be_read_but_not_written_again_closes_no_connection(
    tmp_path: Path,
) -> None:
    """A process of its own: how deep is too deep depends on how deep the stack is already."""
    with ServerProcess(tmp_path) as server:
        url = f"ws://127.0.0.1:{server.port}/ws/documents/doc"
        async with open_websocket(url) as wire:
            for depth in range(900, 1001):
                # Before it, so that bad frames do not come in a row.
                await wire.send('{"type":"ping","data":"good"}')
                await wire.send(f'{{"type":"ping","data":{"[" * depth}{"]" * depth}}}')
            await wire.send('{"type":"ping","data":"the last"}')
            while json.loads(await wire.recv()).get("data") != "the last":
                pass


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 10**400},
        {"exp": -(10**400)},
        {"exp": 1e999},
        {"exp": float("nan")},
        {"exp": [1]},
        {"exp": {}},
        {"exp": "2000000000"},
        {"exp": -1},
        {"nbf": None},
        {"nbf": 10**400},
        {"nbf": 1e999},
        {"nbf": []},
        {"iat": None},
        {"iat": 1e999},
        {"iat": {}},
        {"sub": 7},
        {"sub": None},
        {"aud": 7},
        {"role": None},
        {"role": []},
        {"role": {}},
        {"documents": []},
        {"documents": {"a": []}},
        {"name": 7},
        {"name": "\x00"},
    ],
)
async def test_a_claim_that_can_t_be_is_refused_over_http_and_the_socket(
    serve: Serve, claims: dict[str, Any]
) -> None:
    served = await serve(auth="token", token_secret=SECRET)
    whole = {"sub": "ann", "exp": 2_000_000_000, **claims}
    sent = signed({"alg": "HS256", "typ": "JWT"}, whole)
    bearer = b"Host: 127.0.0.1\r\nAuthorization: Bearer " + sent
    upgrade = (
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    )
    for request in (
        b"GET /api/documents HTTP/1.1\r\n" + bearer + b"\r\n\r\n",
        b"GET /ws/documents/doc HTTP/1.1\r\n" + upgrade + bearer + b"\r\n\r\n",
    ):
        status, _, content = await answer(served, request)
        assert (status, json.loads(content)["code"]) == (401, "unauthorized")


async def test_a_token_of_whom_nobody_has_the_secret_is_refused_whatever_is_in_its_header(
    serve: Serve,
) -> None:
    served = await serve(auth="token", token_secret=SECRET)
    good = make_token(SECRET, User("ann"), lifetime_seconds=60).encode()
    payload = good.split(b".")[1]
    for header in (b"[" * 5000, b'{"alg":' + b"[" * 3000 + b"]" * 3000 + b"}", b"\xff", b"7"):
        sent = encoded(header) + b"." + payload + b".x"
        request = b"GET /api/documents HTTP/1.1\r\nHost: [::1]\r\nAuthorization: Bearer " + sent
        assert (await answer(served, request + b"\r\n\r\n"))[0] == 401
