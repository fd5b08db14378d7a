"""Host mode in FastAPI, Starlette and Django: the examples on uvicorn, with their own logins."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from tests.repository.test_embedding import EXAMPLES, REPLY_SECONDS, Host

PASSWORDS = {"ann": "apple", "ben": "berry", "vic": "vine", "sam": "salt"}


class Site:
    """A served example and how one signs in there."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._browsers: list[httpx2.Client] = []

    @property
    def url(self) -> str:
        return self.host.url

    def browser(self) -> httpx2.Client:
        """One that nobody has signed in with yet."""
        self._browsers.append(httpx2.Client(base_url=self.url, follow_redirects=False))
        return self._browsers[-1]

    def close(self) -> None:
        for browser in self._browsers:
            browser.close()

    def sign_in(self, user: str) -> httpx2.Client:
        http = self.browser()
        answer = http.post("/login", json={"user": user, "password": PASSWORDS[user]})
        assert answer.status_code == 204
        return http

    def sign_out(self, http: httpx2.Client) -> None:
        assert http.post("/logout").status_code == 204

    def set_member(self, owner: httpx2.Client, member: str, role: str) -> int:
        params = {"role": role} if role else {}
        return owner.put(f"/documents/notes/members/{member}", params=params).status_code


class DjangoSite(Site):
    """Its login is a form with a CSRF token, and Ann its superuser."""

    def sign_in(self, user: str) -> httpx2.Client:
        http = self.browser()
        token = csrf_token(http.get("/login").text)
        form = {"csrfmiddlewaretoken": token, "username": user, "password": PASSWORDS[user]}
        answer = http.post("/login", data=form)
        assert (answer.status_code, answer.headers["location"]) == (302, "/collab/")
        return http

    def sign_out(self, http: httpx2.Client) -> None:
        answer = http.post("/logout", headers={"x-csrftoken": http.cookies["csrftoken"]})
        assert answer.status_code == 302

    def set_member(self, owner: httpx2.Client, member: str, role: str) -> int:
        path = f"/documents/notes/members/{member}"
        headers = {"x-csrftoken": owner.cookies["csrftoken"]}
        return owner.post(path, data={"role": role}, headers=headers).status_code


def csrf_token(form: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    assert found
    return found[1]


def make_django_site(folder: Path) -> None:
    """Its tables, its users, and the groups of `notes`."""
    program = [sys.executable, str(EXAMPLES / "host_django.py")]
    users = "; ".join(
        [
            "from django.contrib.auth.models import Group, User",
            "create = User.objects.create_user",
            f"made = {{name: create(name, password=word) for name, word in {PASSWORDS}.items()}}",
            "User.objects.filter(username='ann').update(is_superuser=True)",
            *(
                f"Group.objects.create(name='notes-{role}').user_set.add(made['{name}'])"
                for name, role in (("ann", "owner"), ("ben", "editor"), ("vic", "viewer"))
            ),
        ]
    )
    for arguments in (["migrate", "--verbosity", "0"], ["shell", "--verbosity", "0", "-c", users]):
        subprocess.run([*program, *arguments], cwd=folder, env=os.environ, check=True)


@pytest.fixture(params=["host_fastapi", "host_starlette", "host_django"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    if request.param == "host_django":
        make_django_site(tmp_path)
    host = Host(request.param, tmp_path)
    host.start()
    site = DjangoSite(host) if request.param == "host_django" else Site(host)
    yield site
    site.close()
    assert "Traceback" not in host.stop()


def edit_as(http: httpx2.Client | None, site: Site, doc_id: str = "notes") -> connect:
    """A handshake with the cookies that the login has given."""
    cookies = "; ".join(f"{name}={value}" for name, value in (http.cookies if http else {}).items())
    address = f"{site.url.replace('http', 'ws')}/collab/ws/documents/{doc_id}?user_id=mallory"
    return connect(address, additional_headers={"Cookie": cookies} if cookies else {})


async def frame(websocket: ClientConnection, *types: str) -> dict[str, Any]:
    """The next frame of one of these types."""
    async with asyncio.timeout(REPLY_SECONDS):
        while True:
            received: dict[str, Any] = json.loads(await websocket.recv())
            if received["type"] in types:
                return received


async def edit(websocket: ClientConnection, edit_id: int, version: int) -> dict[str, Any]:
    operation = {"ops": [{"insert": "x"}]}
    sent = {"type": "edit", "id": edit_id, "version": version, "operation": operation}
    await websocket.send(json.dumps(sent))
    return await frame(websocket, "ack", "error")


async def refused(http: httpx2.Client | None, site: Site, doc_id: str = "notes") -> int:
    with pytest.raises(InvalidStatus) as refusal:
        async with edit_as(http, site, doc_id):
            pass
    return refusal.value.response.status_code


async def closed(websocket: ClientConnection) -> int:
    async with asyncio.timeout(REPLY_SECONDS):
        await websocket.wait_closed()
    assert websocket.close_code is not None
    return websocket.close_code


async def test_the_host_s_login_and_members_say_who_edits_and_who_reads(site: Site) -> None:
    ann, ben, vic, sam = (site.sign_in(name) for name in PASSWORDS)
    async with (
        edit_as(ann, site) as owner,
        edit_as(ben, site) as editor,
        edit_as(vic, site) as vic_,
    ):
        roles = {}
        for websocket in (owner, editor, vic_):
            user = (await frame(websocket, "document_state"))["user"]
            roles[user["name"].lower()] = user["role"]
        assert roles == {"ann": "owner", "ben": "editor", "vic": "viewer"}
        assert (await edit(editor, 1, 0))["type"] == "ack"
        assert (await frame(vic_, "document_change"))["version"] == 1
        assert (await edit(vic_, 1, 1))["code"] == "read_only"
    assert await refused(sam, site) == 403
    assert await refused(None, site) == 401
    assert await refused(ben, site, "other") == 403
    assert ben.get("/collab/api/documents/notes").json()["content"] == "x"
    assert vic.delete("/collab/api/documents/notes").status_code == 403
    assert sam.get("/collab/api/documents/notes").status_code == 403
    assert httpx2.get(f"{site.url}/collab/api/documents/notes").status_code == 401
    # The host's own pages are where they were.
    assert httpx2.get(f"{site.url}/collab/").status_code == 200
    assert httpx2.get(f"{site.url}/nowhere").status_code == 404


async def test_logging_out_ends_the_editing_of_that_session_only(site: Site) -> None:
    desk, phone = site.sign_in("ben"), site.sign_in("ben")
    async with edit_as(desk, site) as one, edit_as(phone, site) as two:
        for websocket in (one, two):
            await frame(websocket, "document_state")
        await asyncio.to_thread(site.sign_out, desk)
        assert await closed(one) == 1013
        assert await closed(two) == 1013
    # With the cookie that it had: the session is over, whatever the browser still holds.
    assert await refused(desk, site) == 401
    async with edit_as(phone, site) as websocket:
        assert (await frame(websocket, "document_state"))["user"]["role"] == "editor"


async def test_another_role_takes_effect_on_open_connections(site: Site) -> None:
    ann, ben, vic = (site.sign_in(name) for name in ("ann", "ben", "vic"))
    async with (
        edit_as(ben, site) as ben_s,
        edit_as(vic, site) as vic_s,
        edit_as(ann, site) as ann_s,
    ):
        for websocket in (ben_s, vic_s, ann_s):
            await frame(websocket, "document_state")
        assert await asyncio.to_thread(site.set_member, ann, "ben", "") == 204
        assert await closed(ben_s) == 1008
        assert await refused(ben, site) == 403
        assert await asyncio.to_thread(site.set_member, ann, "vic", "editor") == 204
        assert await closed(vic_s) == 1013
        async with edit_as(vic, site) as websocket:
            assert (await frame(websocket, "document_state"))["user"]["role"] == "editor"
            assert (await edit(websocket, 1, 0))["type"] == "ack"
        assert (await edit(ann_s, 1, 1))["type"] == "ack"
    # Who is no owner changes no member.
    assert site.set_member(vic, "sam", "owner") in (302, 403)
    assert await refused(site.sign_in("sam"), site) == 403


async def test_a_page_of_another_site_edits_nothing_with_the_host_s_session(site: Site) -> None:
    ben = site.sign_in("ben")
    cookies = "; ".join(f"{name}={value}" for name, value in ben.cookies.items())
    headers = {"Cookie": cookies, "Origin": "https://evil.example"}
    address = f"{site.url.replace('http', 'ws')}/collab/ws/documents/notes"
    with pytest.raises(InvalidStatus) as refusal:
        async with connect(address, additional_headers=headers):
            pass
    assert refusal.value.response.status_code == 403
