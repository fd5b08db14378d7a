"""A host's own test of an example, in a process of its own: python hosted.py MODULE

Twice with the application's lifespan and once without, two editors each; what was written in one
run is there in the next one.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient, WebSocketTestSession

PATH = "/collab/ws/documents/doc"

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))


def until(socket: WebSocketTestSession, kind: str) -> dict[str, Any]:
    while True:
        frame: dict[str, Any] = socket.receive_json()
        if frame["type"] == kind:
            return frame


def editor_of_django(doc_id: str) -> dict[str, str]:
    """The cookies of a user of Django's who may edit this document."""
    from django.contrib.auth.models import Group, User
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)
    user = User.objects.create_user("ada")
    user.groups.add(Group.objects.create(name=f"{doc_id}-editor"))
    client = Client()
    client.force_login(user)
    return {name: morsel.value for name, morsel in client.cookies.items()}


def edit(client: TestClient, run: int, path: str) -> str:
    """Two editors see an edit of one of them; gives the content that they found."""
    address = f"{path}?client_id="
    with (
        client.websocket_connect(f"{address}first-{run}") as first,
        client.websocket_connect(f"{address}second-{run}") as second,
    ):
        state = until(first, "document_state")
        until(second, "document_state")
        operation = {"ops": [{"insert": f"{run}"}]}
        first.send_json(
            {"type": "edit", "id": 1, "version": state["version"], "operation": operation}
        )
        until(first, "ack")
        until(second, "document_change")
    return str(state["content"])


def main(name: str) -> None:
    app = importlib.import_module(name).app
    cookies = editor_of_django("doc") if name == "host_django" else None
    for run in (1, 2):
        with TestClient(app, cookies=cookies) as client:
            sys.stdout.write(edit(client, run, PATH) + "\n")
    sys.stdout.write(edit(TestClient(app, cookies=cookies), 3, PATH) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
