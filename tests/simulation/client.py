"""A user with the program's own editor, on a network that fails."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from random import Random
from types import TracebackType
from typing import Any, NoReturn
from urllib.parse import parse_qsl, urlsplit

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, InvalidHandshake, InvalidStatus
from websockets.frames import Close
from websockets.http11 import Response

from collab.client import (
    DocumentReplaced,
    Editor,
    EditRefused,
    JoinRefused,
    NotSaved,
    Session,
    connect,
)
from collab.client.errors import StreamGap
from collab.client.session import Inflight
from collab.client.temporary import TEMPORARY_CODES
from collab.ot import get_type

from .loop import Process, VirtualLoop
from .network import Closed, Refused, Wire
from .server import SimulatedServer
from .undo import OwnUndo
from .view import View
from .violation import Violation
from .writing import Alphabet, Intents, Writer, writer_of

__all__ = ["EditorSocket", "SimulatedClient", "WatchedSession", "dialler"]

URL = "http://simulation"
OPEN_SECONDS = 10.0
RETURN_SECONDS = 1.0


class WatchedSession(Session):
    """The editor's session; `undo` learns of every change that came from the server, `accepted`
    has the frames of what was acknowledged, `refused` is told of what was taken back, and
    `replaced` when the editor ends with what is unsaved."""

    undo: OwnUndo | None = None
    refused: Callable[[Any, Any], None] = staticmethod(lambda *_: None)
    replaced: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self) -> None:
        super().__init__()
        self.accepted: dict[int, str] = {}

    def receive(self, frame: dict[str, Any]) -> Any:
        inflight = self.inflight
        if frame["type"] == "ack" and inflight is not None and inflight.id == frame["id"]:
            self.accepted[inflight.id] = inflight.frame
        try:
            change = super().receive(frame)
        except DocumentReplaced:
            self.replaced()
            raise
        if change is not None and change.replaced is not None:
            self.accepted.clear()
            self.undo = OwnUndo(self._known()[0])
        elif change is not None and change.refusals:
            for refusal in change.refusals:
                self.refused(refusal.operation, change.operation)
            # What was done and undone again can't be undone.
            self.undo = OwnUndo(self._known()[0])
        elif change is not None and self.undo is not None:
            self.undo.moved(change.operation)
        return change


class EditorSocket:
    """The editor's end of a connection, as `websockets` would have it."""

    def __init__(self, wire: Wire, client: SimulatedClient) -> None:
        self.view = View()
        self.wire = wire
        self._client = client
        self._editor = (client.doc_id, client.client_id)
        self._repeated_id: int | None = None

    async def recv(self) -> str:
        await self._client.reading.wait()
        item = await self.wire.down.receive()
        if isinstance(item, Closed):
            self._raise_closed(item)
        assert isinstance(item, str)
        frame = json.loads(item)
        self.view.receive(frame)
        self._client.received(frame, *self._editor)
        if frame["type"] == "error" and frame.get("id") == self._repeated_id:
            self._check_refusal(frame["code"])
        return item

    def repeat(self, inflight: Inflight) -> None:
        """Send what is on its way a second time."""
        self._repeated_id = inflight.id
        self.post(inflight.frame)

    def _check_refusal(self, code: str) -> None:
        """Which copy does it answer? While another is on its way nothing else may have its id."""
        session = self._client.session
        inflight = session.inflight if session is not None else None
        if (
            inflight is not None
            and inflight.id == self._repeated_id
            and code not in TEMPORARY_CODES
        ):
            raise StreamGap(f"one copy of edit {inflight.id} was refused: {code}")

    async def send(self, text: str) -> None:
        self.post(text)

    def post(self, text: str) -> None:
        if self.wire.up.writer_closed:
            self._raise_closed(Closed())
        self.wire.up.send(text)

    def _raise_closed(self, closed: Closed) -> NoReturn:
        self.wire.up.close_writer()
        received = None if closed.code == 1006 else Close(closed.code, closed.reason)
        raise ConnectionClosedError(received, None)


class _Dial:
    """`async with open_websocket(address)`: a handshake, then the socket."""

    def __init__(self, client: SimulatedClient, doc_id: str, query: dict[str, str]) -> None:
        self._client = client
        self._doc_id = doc_id
        self._query = query
        self._wire = client.new_wire()

    async def __aenter__(self) -> EditorSocket:
        client, wire = self._client, self._wire
        await asyncio.sleep(client.random.choice((0.001, 0.02, 0.2)))
        client.server.accept(wire, self._doc_id, self._query)
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                item = await wire.down.receive()
        except BaseException:
            wire.give_up()
            raise
        if isinstance(item, Refused):
            raise InvalidStatus(Response(item.status, "", Headers(), item.body))
        if isinstance(item, Closed):
            raise ConnectionResetError
        client.socket = EditorSocket(wire, client)
        return client.socket

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._client.socket = None
        self._wire.up.send(Closed(1000))
        self._wire.up.close_writer()


def dialler(clients: list[SimulatedClient]) -> Any:
    """What takes the place of `websockets.asyncio.client.connect`."""

    def open_websocket(address: str, **_: Any) -> _Dial:
        parts = urlsplit(address)
        query = dict(parse_qsl(parts.query))
        client = clients[int(query["client_id"].split("-")[1])]
        return _Dial(client, parts.path.rpartition("/")[2], query)

    return open_websocket


class SimulatedClient:
    """One person at one place: an editor after the other, all but the abandoned of one `client_id`
    for each document."""

    def __init__(
        self,
        number: int,
        documents: list[str],
        server: SimulatedServer,
        loop: VirtualLoop,
        world: Process,
        seed: str,
    ) -> None:
        self.number = number
        self.server = server
        self.random = Random(f"{seed} client {number}")
        self.doc_type = self.random.choice(documents)
        self._next_type = self.doc_type
        self.editor: Editor | None = None
        self.socket: EditorSocket | None = None
        self.reading = asyncio.Event()
        self.reading.set()
        self.intents: dict[tuple[str, str], Intents] = {}
        self.acknowledged: dict[tuple[str, str, int], int] = {}
        self.reports: list[Violation] = []
        self._documents = documents
        self._loop = loop
        self._world = world
        self._seed = seed
        self._incarnation = 1
        self._dials = 0
        self._present = asyncio.Event()
        self._present.set()
        self._leaving = asyncio.Event()
        self._session: WatchedSession | None = None
        self._writer: Writer | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def client_id(self) -> str:
        return f"client-{self.number}-{self._incarnation}"

    @property
    def doc_id(self) -> str:
        return f"the-{self.doc_type}"

    @property
    def session(self) -> WatchedSession | None:
        """Of the editor, once it has joined."""
        return self._session if self.editor is not None else None

    def new_wire(self) -> Wire:
        self._dials += 1
        seed = f"{self._seed} wire {self.number} {self._dials}"
        return Wire(self._loop, self._world, seed)

    def received(self, frame: dict[str, Any], doc_id: str, client_id: str) -> None:
        if frame["type"] != "ack":
            return
        edit = (doc_id, client_id, frame["id"])
        version = self.acknowledged.setdefault(edit, frame["version"])
        if version != frame["version"] and not self.server.has_lost:
            self.reports.append(Violation("ack", f"{edit} was acknowledged at two versions"))

    # -- coming and going -----------------------------------------------------------------------

    def begin(self, alphabet: Alphabet) -> None:
        self._alphabet = alphabet
        self._task = self._loop.create_task(self._live())

    async def _live(self) -> None:
        # A cancellation may get lost in `asyncio.wait_for` (Python 3.11).
        while self._task is asyncio.current_task():
            await self._present.wait()
            self._leaving.clear()
            self.doc_type = self._next_type
            try:
                await self._edit_a_document()
            except DocumentReplaced as error:
                if not self.server.has_lost:
                    self.reports.append(Violation("editor", f"{self.client_id}: {error!r}"))
                    return
                self._abandon()
            except (NotSaved, EditRefused):
                self._abandon()
            except (OSError, InvalidHandshake, JoinRefused):
                await asyncio.sleep(RETURN_SECONDS)
            except Exception as error:
                self.reports.append(Violation("editor", f"{self.client_id} ended with {error!r}"))
                return

    async def _edit_a_document(self) -> None:
        async with connect(
            URL,
            self.doc_id,
            client_id=self.client_id,
            user_id=f"user-{self.number}",
            doc_type=self.doc_type,
        ) as editor:
            session = editor._session
            assert isinstance(session, WatchedSession)
            self._session = session
            self._session.undo = OwnUndo(get_type(self.doc_type))
            self._session.replaced = self._leaving.set
            if self.doc_type == "text":
                self._session.refused = self._intents().take_back
            self._writer = writer_of(self.doc_type, self._alphabet)
            self.editor = editor
            try:
                await self._leaving.wait()
            finally:
                self.editor = None
                # Told to a user long ago.
                editor._untold.clear()

    def leave(self) -> None:
        """Leave in good order: once all is saved, or after a while."""
        self._present.clear()
        self._leaving.set()
        self.reading.set()

    def come_back(self, choice: int | None = None) -> None:
        """Return, maybe to another document."""
        if self._present.is_set():
            return
        if choice is not None:
            self._next_type = self._documents[choice % len(self._documents)]
        self._present.set()

    def vanish(self) -> None:
        """The program is killed. Whoever comes back is another editor."""
        if self.socket is not None:
            self.socket.wire.cut()
        if self._task is not None:
            self._task.cancel()
        self._abandon()
        self._present.set()
        self.reading.set()
        self.editor = None
        self._task = self._loop.create_task(self._live())

    def _abandon(self) -> None:
        self._intents().abandoned = True
        self._incarnation += 1

    async def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    # -- what users do --------------------------------------------------------------------------

    def edit(self, random: Random) -> None:
        if self.editor is None or self._writer is None:
            return
        content = self.editor.content
        self._apply(self._writer.operation(content, random), content)

    def undo(self) -> None:
        session = self.session
        if session is None or session.undo is None:
            return
        content = session.content
        try:
            operation = session.undo.take(content)
        except Violation as violation:
            self.reports.append(violation)
            return
        if operation is not None:
            self._apply(operation, content, undone=True)

    def _apply(self, operation: Any, content: Any, undone: bool = False) -> None:
        assert self.editor is not None
        session = self.session
        assert session is not None
        assert session.undo is not None
        if self.doc_type == "text":
            self._intents().add(operation, content)
        try:
            self.editor.edit(operation)
        except DocumentReplaced:
            return
        except Exception as error:
            self.reports.append(Violation("editor", f"{self.client_id}: {operation}: {error!r}"))
            return
        if not undone:
            session.undo.did(operation, content)

    def _intents(self) -> Intents:
        return self.intents.setdefault((self.doc_id, self.client_id), Intents())

    def move(self, random: Random) -> None:
        """Tell where the cursor is."""
        socket, editor = self.socket, self.editor
        if socket is None or editor is None or not editor.online or self._writer is None:
            return
        frame = {
            "type": "presence",
            "cursor": self._writer.cursor(editor.content, random),
            "data": {"number": socket.view.sent + 1},
            "version": editor.version,
        }
        with contextlib.suppress(ConnectionClosedError):
            socket.post(json.dumps(frame))
            socket.view.sent += 1

    def repeat(self) -> None:
        """Send what is on its way a second time."""
        socket, session = self.socket, self.session
        if socket is None or session is None or session.inflight is None:
            return
        if session.inflight.sent and session.online:
            with contextlib.suppress(ConnectionClosedError):
                socket.repeat(session.inflight)

    def repeat_acknowledged(self, random: Random) -> None:
        """Send an edit again that was acknowledged long ago."""
        session = self.session
        if session is None or self.socket is None or not session.online or not session.accepted:
            return
        with contextlib.suppress(ConnectionClosedError):
            self.socket.post(session.accepted[random.choice(list(session.accepted))])

    @property
    def rests(self) -> bool:
        """Joined, online, and all is saved."""
        return self.editor is not None and self.editor.online and not self.editor.unsaved
