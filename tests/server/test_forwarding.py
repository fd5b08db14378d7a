"""Whom the server takes a connection to be from, when a proxy says it is for somebody else."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from collab.settings import Settings
from tests.conftest import Make
from tests.served import serving


def come(address: str, client_id: str, forwarded_for: str) -> connect:
    headers = {"X-Forwarded-For": forwarded_for, "X-Forwarded-Proto": "https"}
    url = f"ws://{address}/ws/documents/doc?client_id={client_id}"
    return connect(url, additional_headers=headers)


async def refused(address: str, client_id: str, forwarded_for: str) -> int:
    with pytest.raises(InvalidStatus) as error:
        await come(address, client_id, forwarded_for)
    return error.value.response.status_code


async def test_who_is_no_proxy_can_say_what_they_like(make_app: Make) -> None:
    app = await make_app(trusted_proxies=["192.0.2.0/24"], max_address_connections=1)
    async with serving(app) as served, come(served.address, "a", "198.51.100.1"):
        assert await refused(served.address, "b", "198.51.100.2") == 429


async def test_a_proxy_of_this_machine_is_believed(make_app: Make) -> None:
    app = await make_app(max_address_connections=1)
    async with serving(app) as served, come(served.address, "a", "198.51.100.1"):
        assert await refused(served.address, "b", "198.51.100.1") == 429
        # What stands before the address that the proxy added is what the client said.
        assert await refused(served.address, "b", "203.0.113.9, 198.51.100.1") == 429
        async with come(served.address, "b", "198.51.100.2"):
            pass


async def test_an_address_that_is_none_is_one_more_client(make_app: Make) -> None:
    app = await make_app(max_address_connections=1)
    async with serving(app) as served, come(served.address, "a", "unknown"):
        assert await refused(served.address, "b", "unknown") == 429


@pytest.mark.parametrize("proxy", ["proxy.example.org", "10.0.0.1/8", ""])
def test_a_proxy_is_an_address_or_a_network(proxy: Any) -> None:
    with pytest.raises(ValidationError, match="trusted_proxies"):
        Settings(trusted_proxies=(proxy,))
