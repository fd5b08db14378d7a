"""What Prometheus reads at `/metrics`, and who else does."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import connect as open_websocket

from collab.app import Collab, create_app
from collab.auth import User, make_token
from collab.errors import ConfigurationError
from collab.settings import Settings
from tests.conftest import Make
from tests.served import serving
from tests.server.test_serving import join
from tests.wire import Refused, Wire, connect

SECRET = "a secret of at least thirty-two bytes"
TOKEN = "sixteen-letters!"

Sample = tuple[str, frozenset[tuple[str, str]]]


class Figures:
    """The samples of one reading."""

    def __init__(self, text: str) -> None:
        self.samples: dict[Sample, float] = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def __call__(self, name: str, **labels: str) -> float:
        return self.samples[name, frozenset(labels.items())]


async def get(app: Any, token: str = "", **headers: Any) -> httpx2.Response:
    if token:
        headers["authorization"] = f"Bearer {token}"
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
        return await http.get("/metrics", headers=headers)


async def figures(app: Collab) -> Figures:
    answer = await get(app)
    assert answer.status_code == 200
    return Figures(answer.text)


# -- the figures -------------------------------------------------------------------------------


async def next_frame(wire: Any, frame_type: str) -> dict[str, Any]:
    while True:
        frame: dict[str, Any] = json.loads(await wire.recv())
        if frame["type"] == frame_type:
            return frame


async def type_letter(wire: Any, edit_id: int, version: int) -> int:
    """Returns how many bytes the frame has."""
    operation = {"ops": [{"insert": "é"}]}
    edit = {"type": "edit", "id": edit_id, "version": version, "operation": operation}
    text = json.dumps(edit, ensure_ascii=False)
    await wire.send(text)
    return len(text.encode())


async def test_they_tell_what_went_through_a_real_server(make_app: Make) -> None:
    app = await make_app(presence_interval_seconds=0)
    async with (
        serving(app) as served,
        httpx2.AsyncClient() as http,
        join(served.address, "doc", "a") as ann,
        join(served.address, "doc", "b") as bob,
    ):
        for edit_id in (1, 2, 3):
            await type_letter(ann, edit_id, edit_id - 1)
            await next_frame(ann, "ack")
        await type_letter(bob, 1, 1)
        assert (await next_frame(bob, "ack"))["version"] == 4
        await type_letter(bob, 9, 4)
        assert (await next_frame(bob, "error"))["code"] == "out_of_order"
        await bob.send('{"type": "dance"}')
        assert (await next_frame(bob, "error"))["code"] == "unknown_type"
        await bob.send('{"type": "presence", "cursor": null, "version": 4}')
        await next_frame(ann, "presence")

        answer = await http.get(f"{served.url}/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        read = Figures(answer.text)
        assert read("collab_connections", link="direct") == 2
        assert read("collab_connections", link="host") == 0
        assert read("collab_documents") == 1
        assert read("collab_edits_uncommitted") == 0
        assert read("collab_joins_total") == 2
        assert read("collab_edits_accepted_total") == 4
        assert read("collab_transforms_total") == 2
        assert read("collab_edits_refused_total", code="out_of_order") == 1
        assert read("collab_frames_refused_total", code="unknown_type") == 1
        assert read("collab_presence_frames_total") == 1
        assert read("collab_commit_operations_sum") == 4
        assert read("collab_commit_operations_bucket", le="1.0") == 4
        assert read("collab_commit_seconds_count") == 4
        assert read("collab_delivery_seconds_count") == 4
        assert read("collab_delivery_seconds_sum") > 0
        assert read("process_open_fds") > 0

        await bob.close()
        await next_frame(ann, "user_left")
        again = await open_websocket(
            f"ws://{served.address}/ws/documents/doc?client_id=c&version=4"
            f"&epoch={app.manager.documents['doc'].epoch}"
        )
        assert (await next_frame(again, "document_resumed"))["version"] == 4
        read = Figures((await http.get(f"{served.url}/metrics")).text)
        assert read("collab_connections", link="direct") == 2
        assert read("collab_resumes_total") == 1
        await again.close()
        await ann.close()


def framed(text: str) -> int:
    """The bytes of a message as a server sends it."""
    size = len(text.encode())
    return size + (2 if size <= 125 else 4)


async def test_bytes_are_those_that_went_over_the_network(make_app: Make) -> None:
    app = await make_app(presence_interval_seconds=0)
    async with serving(app) as served:
        url = f"ws://{served.address}/ws/documents/doc?client_id="
        async with open_websocket(f"{url}a") as ann, open_websocket(f"{url}b") as bob:
            sent = await type_letter(bob, 1, 0)
            frames: list[str] = []
            for wire, last in ((ann, "document_change"), (bob, "ack")):
                while not frames or json.loads(frames[-1])["type"] != last:
                    frames.append(await wire.recv(decode=True))
            read = await figures(app)
            assert read("collab_sent_bytes_total") == sum(map(framed, frames))
            assert read("collab_received_bytes_total") == sent


async def test_bytes_are_those_that_went_in_and_out(make_app: Make) -> None:
    app = await make_app(presence_interval_seconds=0)
    ann = await connect(app, "doc", client_id="a")
    bob = await connect(app, "doc", client_id="b")
    sent = received = 0
    frames = [
        '{"type": "ping", "data": "grüß 🌍"}',
        '{"type": "presence", "cursor": null}',
    ]
    for text in frames:
        await ann.send_text(text)
        sent += len(text.encode())
    for wire, last in ((ann, "pong"), (bob, "presence")):
        while True:
            event = await wire.event()
            received += framed(event["text"])
            if json.loads(event["text"])["type"] == last:
                break
    assert ann.silent()
    read = await figures(app)
    assert read("collab_received_bytes_total") == sent
    assert read("collab_sent_bytes_total") == received
    assert read("collab_connections", link="host") == 2


async def test_refused_joins_are_counted_by_code(make_app: Make) -> None:
    app = await make_app(create_on_join=False, allowed_origins=["https://example.org"])
    wire = await connect(app, "doc")
    assert await wire.closed() == 4404
    with pytest.raises(Refused):
        await connect(app, "doc", headers={"origin": "https://elsewhere.example"})
    read = await figures(app)
    assert read("collab_joins_refused_total", code="not_found") == 1
    assert read("collab_joins_refused_total", code="forbidden") == 1


async def stalled(app: Collab) -> Wire:
    """An editor that has joined and takes nothing any more."""
    wire = await connect(app, "doc", client_id="s")
    await wire.expect("document_state")
    wire.reading.clear()
    await app.manager.broadcast_to_document("doc", {"type": "note"})
    await wire.stalled.wait()
    return wire


async def test_requests_that_never_become_one_are_counted(make_app: Make) -> None:
    app = await make_app(handshake_timeout_seconds=0.1)
    async with serving(app) as served:
        reader, writer = await asyncio.open_connection(*served.address.split(":"))
        with contextlib.closing(writer):
            writer.write(b"GET / HTTP/1.1\r\n")
            assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
        read = await figures(app)
        assert read("collab_requests_refused_total", code="request_timeout") == 1


async def test_closed_connections_and_slow_readers_are_counted(make_app: Make) -> None:
    app = await make_app(max_bad_frames=1, max_outbox_frames=16)
    rude = await connect(app, "doc", client_id="r")
    await rude.send_text("nonsense")
    assert await rude.closed() == 1008
    slow = await stalled(app)
    assert (await figures(app))("collab_connections_behind") == 1
    for number in range(40):
        await app.manager.broadcast_to_document("doc", {"type": "note", "number": number})
    read = await figures(app)
    assert read("collab_slow_readers_closed_total") == 1
    assert read("collab_connections_closed_total", code="1013") == 1
    assert read("collab_connections_closed_total", code="1008") == 1
    await slow.leave()


async def test_a_database_that_fails_shows_by_reason(make_app: Make, tmp_path: Path) -> None:
    app = await make_app(database_busy_timeout_seconds=0.01)
    wire = await connect(app, "doc")
    await wire.expect("document_state")
    other = sqlite3.connect(tmp_path / "collab.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await wire.edit(1, 0, {"insert": "x"})
    assert (await wire.expect("error"))["code"] == "storage_unavailable"
    other.execute("ROLLBACK")
    other.close()
    read = await figures(app)
    assert read("collab_store_errors_total", reason="locked") == 1
    assert read("collab_edits_refused_total", code="storage_unavailable") == 1
    assert read("collab_edits_accepted_total") == 0
    assert read("collab_commit_seconds_count") == 1
    assert read("collab_commit_operations_count") == 0


async def test_each_round_of_housekeeping_tells_how_late_the_loop_is(
    make_app: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collab.sessions.housekeeping.HOUSEKEEPING_SECONDS", 0.01)
    app = await make_app(drain_timeout_seconds=0.01)
    slow = await stalled(app)
    (connection,) = app.manager.connections
    # Who takes nothing is let go by the housekeeper.
    await connection.closed()
    assert sum(app.manager.metrics.loop_lag_seconds.counts) > 0
    await slow.leave()


async def test_two_applications_in_one_process_have_their_own(
    make_app: Make, tmp_path: Path
) -> None:
    first = await make_app()
    second = await make_app(database=f"sqlite:///{tmp_path / 'other.db'}")
    await connect(first, "doc")
    assert (await figures(first))("collab_joins_total") == 1
    assert (await figures(second))("collab_joins_total") == 0


async def test_they_come_as_open_metrics_to_who_prefers_that(app: Collab) -> None:
    answer = await get(app, accept="application/openmetrics-text; version=1.0.0")
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


# -- who reads them ----------------------------------------------------------------------------


async def test_in_token_mode_they_are_not_there_without_a_token_of_their_own(
    make_app: Make,
) -> None:
    app = await make_app(auth="token", token_secret=SECRET)
    owner = make_token(SECRET, User("ann", role="owner"), lifetime_seconds=60)
    for token in ("", owner):
        answer = await get(app, token)
        assert answer.status_code == 404
        assert "collab_" not in answer.text


async def test_nor_in_a_host_that_lets_people_in(database: str) -> None:
    async def authenticate(connection: object) -> User:
        return User("ann", role="owner")

    app = create_app(Settings(database=database), authenticate=authenticate)
    assert (await get(app)).status_code == 404
    await app.close()


@pytest.mark.parametrize("auth", ["open", "token"])
async def test_with_a_token_they_are_for_who_has_it(make_app: Make, auth: str) -> None:
    app = await make_app(auth=auth, token_secret=SECRET, metrics_token=TOKEN)
    owner = make_token(SECRET, User("ann", role="owner"), lifetime_seconds=60)
    for wrong in ("", "wrong", TOKEN[:-1], owner):
        answer = await get(app, wrong)
        assert answer.status_code == 401
        assert answer.json()["code"] == "unauthorized"
    assert (await get(app, authorization=f"Basic {TOKEN}")).status_code == 401
    assert (await get(app, authorization="Bearer ä".encode())).status_code == 401
    answer = await get(app, TOKEN)
    assert answer.status_code == 200
    assert "collab_joins_total" in answer.text


@pytest.mark.parametrize("token", ["short", "not  one word at all", "ümläute in the token"])
def test_a_token_that_is_none_is_refused_at_the_start(token: str) -> None:
    with pytest.raises(ConfigurationError, match=r"metrics_token has .* characters: expected 16"):
        create_app(Settings(metrics_token=token))


@pytest.mark.parametrize("path", ["/metrics%0A", "/metrics%0D%0A", "//metrics", "/healthz%0A"])
async def test_a_path_that_only_looks_like_it_is_another_one(app: Collab, path: str) -> None:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
        assert (await http.get("http://testserver" + path)).status_code == 404
