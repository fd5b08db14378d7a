"""A user who has used up their share of the event loop is refused, from whatever address."""

from __future__ import annotations

import httpx2
import pytest

from collab.auth import User, make_token
from tests.conftest import Make
from tests.wire import Refused, connect

SECRET = "a secret of at least thirty-two bytes"

# Nothing comes back while a test runs.
NEVER = 1e-9


async def test_a_user_who_has_used_up_their_share_is_refused_from_every_address(
    make_app: Make,
) -> None:
    app = await make_app(
        auth="token", token_secret=SECRET, user_loop_share=NEVER, user_loop_burst_seconds=0.01
    )
    ann, bob = (make_token(SECRET, User(name), lifetime_seconds=60) for name in ("ann", "bob"))
    for token in (bob, ann):
        wire = await connect(app, "doc", token=token, address="127.0.0.2")
        await wire.expect("document_state")
    budget = app.manager.budgets.of_user(User("ann"))
    assert budget is not None
    budget.work.spend(1.0)
    for address in ("127.0.0.2", "127.0.0.3"):
        with pytest.raises(Refused) as caught:
            await connect(app, "doc", token=ann, address=address)
        assert (caught.value.status, caught.value.body["code"]) == (429, "rate_limited")
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as http:
        answers = [
            await http.get("/api/documents/doc", headers={"authorization": f"Bearer {token}"})
            for token in (ann, bob)
        ]
    assert [answer.status_code for answer in answers] == [429, 200]
    assert int(answers[0].headers["retry-after"]) >= 1
    await connect(app, "doc", token=bob, address="127.0.0.2")


async def test_what_a_user_does_is_charged_over_all_connections(make_app: Make) -> None:
    app = await make_app(auth="token", token_secret=SECRET, user_loop_share=NEVER)
    ann = make_token(SECRET, User("ann"), lifetime_seconds=60)
    budget = app.manager.budgets.of_user(User("ann"))
    assert budget is not None
    left = [budget.work.left]
    for number in range(3):
        wire = await connect(app, "doc", token=ann, address=f"127.0.0.{number + 2}")
        state = await wire.expect("document_state")
        await wire.edit(1, state["version"], {"insert": "x" * 1000})
        await wire.acknowledged()
        left.append(budget.work.left)
    assert left == sorted(left, reverse=True)
    assert len(set(left)) == 4
