"""How large the documents are that one network address, or one user, has open."""

from __future__ import annotations

import pytest

from collab.errors import RateLimited
from collab.limits.open_size import GROWTH_PER_CHECK, OpenSize
from tests.conftest import Make
from tests.wire import Refused, connect

LETTERS = 100_000


class Sized:
    def __init__(self, size: int) -> None:
        self.size = size


def test_a_document_counts_once_however_many_connections_it_has() -> None:
    open_size = OpenSize(100, "of this user")
    one, other = Sized(80), Sized(30)
    open_size.enter(one)
    open_size.enter(one)
    assert open_size.total == 80
    with pytest.raises(RateLimited, match="110 together, the limit is 100"):
        open_size.enter(other)
    open_size.leave(one)
    assert open_size.total == 80
    open_size.leave(one)
    open_size.enter(other)
    assert open_size.total == 30


def test_a_single_document_may_be_larger_and_grow() -> None:
    open_size = OpenSize(100, "of this user")
    open_size.enter(Sized(500))
    open_size.check_growth()
    with pytest.raises(RateLimited):
        open_size.enter(Sized(0))


async def test_an_address_has_documents_open_up_to_the_limit(make_app: Make) -> None:
    app = await make_app(max_address_open_size=3 * LETTERS)
    for doc_id in ("one", "two"):
        await app.manager.import_document(doc_id, "x" * LETTERS)
    one = await connect(app, "one")
    with pytest.raises(Refused) as refused:
        # Each has its operation in memory, too.
        await connect(app, "two")
    assert (refused.value.status, refused.value.body["code"]) == (429, "rate_limited")
    assert "(max_address_open_size)" in refused.value.body["message"]
    await connect(app, "one")
    await connect(app, "two", address="127.0.0.2")
    await one.leave()


async def test_edits_make_the_documents_of_an_address_grow_up_to_the_limit(make_app: Make) -> None:
    app = await make_app(max_address_open_size=4 * GROWTH_PER_CHECK)
    await connect(app, "one")
    wire = await connect(app, "two")
    await wire.expect("document_state")
    operation = {"ops": [{"insert": "x" * GROWTH_PER_CHECK}]}
    refused = None
    for number in range(1, 10):
        await wire.send(
            {"type": "edit", "id": number, "version": number - 1, "operation": operation}
        )
        answer = await wire.expect("ack", "error")
        if answer["type"] == "error":
            refused = answer
            break
    assert refused is not None
    assert refused["code"] == "rate_limited"
    assert 1 < number < 5
    # What makes it smaller is taken, and the connection stays.
    shorter = {
        "type": "edit",
        "id": number,
        "version": number - 1,
        "operation": {"ops": [{"delete": 9}]},
    }
    await wire.send(shorter)
    await wire.expect("ack")
