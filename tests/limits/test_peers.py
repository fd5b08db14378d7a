"""How long the server bears a peer that is not there any more."""

from __future__ import annotations

from tests.rawpeer import raw_peer
from tests.served import Serve
from tests.wire import connect


async def test_a_peer_that_answers_no_ping_is_let_go_and_the_others_are_told(serve: Serve) -> None:
    served = await serve(ping_interval_seconds=0.05, ping_timeout_seconds=0.05)
    # This one is read from without a network, and so not pinged.
    ann = await connect(served.app, "doc", client_id="a")
    # As if its cable was cut: it answers nothing.
    async with raw_peer(served.address, "/ws/documents/doc?client_id=gone"):
        assert (await ann.until("user_left"))["client_id"] == "gone"
        assert not served.server.server_state.connections
