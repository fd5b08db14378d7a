"""How many may come in: in all, from one address, to one document, and at one time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from collab.app import Collab, create_app
from collab.asgi.requests import HTTPConnection
from collab.auth import User
from collab.limits.connection_limits import address_of
from collab.sessions.room import room_of
from collab.settings import Settings
from tests.conftest import Make
from tests.wire import Refused, Wire, connect


class From(Wire):
    """A peer of some network address."""

    def __init__(self, app: Any, doc_id: str, host: str) -> None:
        super().__init__(app, f"/ws/documents/{doc_id}")
        self.scope["client"] = (host, 50000)


async def test_connections_beyond_the_limit_are_refused(make_app: Make) -> None:
    app = await make_app(max_connections=2)
    first = await connect(app, "a")
    await connect(app, "b")
    with pytest.raises(Refused) as refused:
        await connect(app, "c")
    assert (refused.value.status, refused.value.body["code"]) == (503, "server_busy")
    assert "2 connections, which is the limit (max_connections)" in refused.value.body["message"]
    await first.leave()
    await connect(app, "c")


async def test_connections_from_one_address_are_limited(make_app: Make) -> None:
    app = await make_app(max_address_connections=2)
    first = await From(app, "doc", "192.0.2.1").open()
    await From(app, "doc", "192.0.2.1").open()
    with pytest.raises(Refused) as refused:
        await From(app, "doc", "192.0.2.1").open()
    assert (refused.value.status, refused.value.body["code"]) == (429, "rate_limited")
    assert "2 connections from your network address" in refused.value.body["message"]
    assert "max_address_connections" in refused.value.body["message"]
    # Others come in, and so does this one once there is room.
    await From(app, "doc", "192.0.2.2").open()
    await first.leave()
    await From(app, "doc", "192.0.2.1").open()


async def test_connections_of_one_ipv6_network_count_together(make_app: Make) -> None:
    app = await make_app(max_address_connections=1)
    await From(app, "doc", "2001:db8:0:1::1").open()
    with pytest.raises(Refused):
        await From(app, "doc", "2001:db8:0:1:ffff::2").open()
    await From(app, "doc", "2001:db8:0:2::1").open()


@pytest.mark.parametrize(
    ("client", "address"),
    [
        (("192.0.2.7", 1), "192.0.2.7"),
        (("::ffff:192.0.2.7", 1), "192.0.2.7"),
        (("fe80::1%eth0", 1), "fe80::/64"),
        (("testclient", 1), "testclient"),
        (None, ""),
    ],
)
def test_an_address_is_that_of_the_peer(client: Any, address: str) -> None:
    assert address_of({"client": client}) == address


async def test_peers_without_an_address_are_not_limited_by_it(make_app: Make) -> None:
    app = await make_app(max_address_connections=1)
    for _ in range(2):
        await From(app, "doc", "").open()


async def test_connections_to_one_document_are_limited(make_app: Make) -> None:
    app = await make_app(max_document_connections=1)
    await connect(app, "doc", client_id="a")
    with pytest.raises(Refused) as refused:
        await connect(app, "doc", client_id="b")
    assert (refused.value.status, refused.value.body["code"]) == (503, "server_busy")
    assert "max_document_connections" in refused.value.body["message"]
    await connect(app, "another")
    # The same editor once more takes the place that it has.
    await connect(app, "doc", client_id="a")


async def test_connections_that_come_at_once_are_limited_as_well(make_app: Make) -> None:
    app = await make_app(max_document_connections=3)
    answers = await asyncio.gather(
        *(connect(app, "doc") for _ in range(10)), return_exceptions=True
    )
    assert sum(isinstance(answer, Refused) for answer in answers) == 7
    assert len(room_of(app.manager.documents["doc"]).connections) == 3


async def test_nothing_is_counted_once_everybody_has_left(make_app: Make) -> None:
    app = await make_app(max_document_connections=2)
    wires = [await connect(app, "doc") for _ in range(2)]
    with pytest.raises(Refused):
        await connect(app, "doc")
    for wire in wires:
        await wire.leave()
    assert len(app.manager.connections.limits) == 0
    assert not app.manager.connections.limits._addresses
    assert not app.manager.connections.limits._joining


# -- handshakes --------------------------------------------------------------------------------


class Hesitant:
    """A host that says who somebody is only when it is told to."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[HTTPConnection] = asyncio.Queue()
        self.knows = asyncio.Event()

    async def authenticate(self, connection: HTTPConnection) -> User | None:
        self.asked.put_nowait(connection)
        await self.knows.wait()
        return User("ann")

    def app(self, **settings: Any) -> Collab:
        return create_app(Settings(**settings), authenticate=self.authenticate)


async def test_handshakes_at_one_time_are_limited(database: str) -> None:
    host = Hesitant()
    app = host.app(database=database, max_handshakes=2)
    async with app.running():
        waiting = [asyncio.ensure_future(connect(app, "doc")) for _ in range(2)]
        for _ in waiting:
            await host.asked.get()
        with pytest.raises(Refused) as refused:
            await connect(app, "doc")
        assert (refused.value.status, refused.value.body["code"]) == (503, "server_busy")
        assert "max_handshakes" in refused.value.body["message"]
        host.knows.set()
        await asyncio.gather(*waiting)
        await connect(app, "doc")


async def test_finding_out_who_it_is_may_not_take_for_ever(database: str) -> None:
    app = Hesitant().app(database=database, handshake_timeout_seconds=0.01)
    async with app.running():
        with pytest.raises(Refused) as refused:
            await connect(app, "doc")
        assert refused.value.status == 503
        assert "within 0.01 s" in refused.value.body["message"]
        assert "handshake_timeout_seconds" in refused.value.body["message"]
        assert len(app.manager.connections.limits) == 0
