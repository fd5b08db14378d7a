"""An editor of one document over a WebSocket that reconnects."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import Any, NoReturn
from weakref import WeakSet

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import (
    ConnectionClosed,
    InvalidStatus,
    WebSocketException,
)
from websockets.typing import Subprotocol

from .address import document_address
from .backoff import Backoff
from .changes import Changes
from .credentials import Credentials, Token, TokenUnavailable
from .errors import (
    ContentReplaced,
    EditorError,
    EditorFailed,
    JoinRefused,
    NotSaved,
    StreamGap,
    TakenOver,
)
from .reading import is_readable, read_frame
from .refusal import Refusal
from .session import SENT_AGAIN, Change, IdTaken, Session

__all__ = ["Editor", "connect"]

logger = logging.getLogger(__name__)

SUBPROTOCOL = Subprotocol("collab.v1")

# Enough for the state of the largest document that a server holds by default, in escaped JSON.
MAX_FRAME_BYTES = 128 * 1024 * 1024

TAKEN_OVER = 4409
TRY_AGAIN_LATER = 1013
TRY_AGAIN_SECONDS = 1.0

CATCH_UP_SECONDS = 0.1
"""The delay before an edit that continues an earlier one, after a connect or after the resent edit
is acknowledged: the changes of other clients arrive first."""

MOVED_BY = 3000
MOVED_CLOSE_CODES = range(4001, 4100)
"""Sent in place of WebSocket's own codes 1001 to 1099 if the server software can't send those."""

MAX_UNTOLD = 1000
"""The limit of errors that wait for `saved`. Beyond it the oldest is logged and dropped."""


class Editor:
    """An editor of one document, made by `connect`.

    Call its methods in the event loop that `connect` ran in. One task owns the connection,
    reconnects with full jitter and then resends the unacknowledged edit at once. Bounds: one
    unacknowledged edit; later edits are composed as far as possible.
    """

    def __init__(self, url: str, doc_id: str, query: dict[str, str], token: Token | None) -> None:
        document_address(url, doc_id, query)
        self.doc_id = doc_id
        self._url = url
        self._query = query
        self._credentials = Credentials(token)
        self._session = Session()
        self._changes: WeakSet[Changes] = WeakSet()
        self._backoff = Backoff()
        self._wait = 0.0
        self._wake = asyncio.Event()
        self._is_resting = False
        self._is_sent_again = False
        # The time, on the loop's clock, until which changes of other clients are awaited.
        self._caught_up_at = 0.0
        self._progress: asyncio.Future[None] | None = None
        self._untold: deque[EditorError] = deque()
        self._failure: Exception | None = None
        self._refusal = Refusal()
        self._has_new_id = False
        self._task: asyncio.Task[None] | None = None

    @property
    def content(self) -> Any:
        """The content with all local changes. The caller must not modify it."""
        return self._session.content

    @property
    def version(self) -> int:
        """The newest version received from the server."""
        return self._session.version

    @property
    def client_id(self) -> str:
        return self._session.client_id

    @property
    def user_id(self) -> str:
        return self._session.user_id

    @property
    def online(self) -> bool:
        """Whether the document is joined now. Editing works offline as well."""
        return self._session.online

    @property
    def unsaved(self) -> bool:
        """Whether a change of this editor is not acknowledged yet."""
        return self._session.unsaved

    def edit(self, operation: Any) -> None:
        """Apply an operation to the content and queue it for sending. Does not wait.

        Args:
            operation: based on the present `content`. Offsets of text count UTF-16 code units.

        Raises:
            InvalidOperation: the operation is invalid; the content is unchanged.
            EditorError: the editor has ended.
        """
        if self._failure is not None:
            raise self._failure
        self._session.edit(operation)
        self._wake.set()

    async def saved(self) -> None:
        """Wait until every change of this editor is acknowledged, and so durable.

        Raises:
            EditRefused: an edit was refused and undone; raised once for each.
            ContentReplaced: the server has lost acknowledged content; raised once.
            EditorError: the editor has ended.
        """
        while not self._untold and self.unsaved:
            await self._next_progress()
        if self._untold:
            raise self._untold.popleft()

    async def reached(self, version: int) -> None:
        """Wait until `version` was received from the server; raises `EditorError`."""
        while self.version < version:
            await self._next_progress()

    def changes(self) -> Changes:
        """Return an iterator, for `async for`, over later changes that this editor did not make.

        A change was already applied to `content` when it is returned, and later changes may have
        been as well: base edits on the present `content`. The iteration ends with the editor and
        raises the editor's error, if any.
        """
        return Changes(self._changes, self._failure)

    def __aiter__(self) -> AsyncIterator[Change]:
        return self.changes()

    # -- lifecycle ------------------------------------------------------------------------------

    async def _open(self) -> None:
        """Wait until the document is joined. The first attempt must succeed."""
        self._task = asyncio.get_running_loop().create_task(self._run())
        try:
            while not self._session.joined:
                await self._next_progress()
        except BaseException:
            await self._close()
            raise

    async def _leave(self, seconds: float) -> None:
        """Wait until every change is saved; raise the errors that `saved` has not raised yet."""
        try:
            async with asyncio.timeout(seconds):
                while self.unsaved:
                    await self._next_progress()
        except TimeoutError:
            problem = f"not acknowledged within {seconds} s: the error has the content"
            raise NotSaved(problem, self.content, True) from None
        if self._untold:
            first, *others = self._untold
            self._untold.clear()
            for other in others:
                first.add_note(f"earlier error: {other}")
            raise first

    async def _close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for changes in list(self._changes):
            changes.end(None)
        if self._failure is None:
            self._fail(EditorError("the editor was closed"))

    async def _run(self) -> None:
        try:
            while True:
                await self._connection()
                await asyncio.sleep(self._wait + self._backoff.next())
        except Exception as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        """End the editor; the error keeps the content with the unsaved changes."""
        if self._session.joined:
            if not isinstance(error, EditorError):
                failed = EditorFailed(f"the editor failed: {error!r}: the error has the content")
                failed.__cause__ = error
                error = failed
            error.content, error.unsaved = self.content, self.unsaved
        self._failure = error
        for changes in list(self._changes):
            changes.end(error)
        self._advance()

    async def _connection(self) -> None:
        """Run one connection to its end. Raises only the errors that end the editor."""
        self._wait = 0.0
        self._refusal = Refusal()
        with self._enduring():
            headers = await self._credentials.headers()
            query = {**self._query, **self._session.query}
            async with open_websocket(
                document_address(self._url, self.doc_id, query),
                additional_headers=headers,
                subprotocols=[SUBPROTOCOL],
                compression=None,
                max_size=MAX_FRAME_BYTES,
                close_timeout=1,
            ) as websocket:
                await self._follow(websocket)

    @contextlib.contextmanager
    def _enduring(self) -> Iterator[None]:
        """Raise only the errors that end the editor. After others, another connection may
        succeed."""
        try:
            yield
        except EditorError:
            raise
        except InvalidStatus as error:
            self._check_refusal(Refusal.of_response(error.response))
        except ConnectionClosed as error:
            self._check_close(error)
        except IdTaken as error:
            logger.warning("document %s: %s: reconnecting as another client", self.doc_id, error)
            self._take_new_id()
        except StreamGap as error:
            if not self._session.joined:
                raise JoinRefused(str(error)) from error
            logger.info("document %s: reconnecting: %s", self.doc_id, error)
        except TokenUnavailable as error:
            if not self._session.joined:
                raise error.__cause__ or error from None
            logger.warning("document %s: retrying: %s", self.doc_id, error)
        except (OSError, WebSocketException) as error:
            if not self._session.joined:
                raise
            logger.info("document %s: reconnecting: %s", self.doc_id, error)
        finally:
            self._session.disconnected()

    def _check_refusal(self, refusal: Refusal) -> None:
        """Decide what follows a refused connection: another attempt, or the editor's end."""
        self._wait = max(self._wait, refusal.retry_after)
        if self._session.joined:
            if refusal.is_temporary or (refusal.is_unauthorized and self._credentials.can_renew):
                logger.info("document %s: retrying: %s", self.doc_id, refusal)
                return
            if refusal.is_forbidden and self._session.may_be_renamed and not self._has_new_id:
                # The client_id may belong to another user by now.
                logger.warning("document %s: trying another client_id: %s", self.doc_id, refusal)
                self._take_new_id()
                return
        raise JoinRefused(str(refusal))

    def _take_new_id(self) -> None:
        self._session.rename(secrets.token_hex(8))
        self._has_new_id = True

    def _check_close(self, closed: ConnectionClosed) -> None:
        code, reason = (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")
        if code in MOVED_CLOSE_CODES:
            code -= MOVED_BY
        logger.info("document %s: connection closed: %s %s", self.doc_id, code, reason)
        if code == TAKEN_OVER:
            raise TakenOver(
                f"another editor has connected as client_id '{self.client_id}': "
                "each editor needs a client_id of its own"
            )
        if code == TRY_AGAIN_LATER:
            self._wait = max(self._wait, TRY_AGAIN_SECONDS)
        self._check_refusal(self._refusal.closed(code, reason))

    # -- one connection -------------------------------------------------------------------------

    async def _follow(self, websocket: ClientConnection) -> None:
        loop = asyncio.get_running_loop()
        reader = loop.create_task(self._read(websocket))
        sender = loop.create_task(self._send(websocket))
        try:
            # The reader ends last: it still reads the frames that arrived before the close.
            await asyncio.wait({reader, sender}, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            reader.cancel()
            sender.cancel()
            ends = await asyncio.gather(reader, sender, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end

    async def _read(self, websocket: ClientConnection) -> NoReturn:
        while True:
            frame = read_frame(await websocket.recv())
            # The host application may send messages of its own.
            if frame is not None:
                self._receive(frame)

    def _receive(self, frame: dict[str, Any]) -> None:
        kind = frame["type"]
        change = self._session.receive(frame)
        if not is_readable(frame):
            logger.info("document %s: ignored an invalid frame", self.doc_id)
        elif kind == "server_shutdown":
            self._wait = Refusal.seconds(frame["retry_after"])
        elif kind == "error":
            self._refusal = Refusal(frame["code"], frame["message"])
            self._is_resting = frame["code"] in SENT_AGAIN
        elif kind in ("document_state", "document_resumed"):
            self._backoff.reset()
            self._has_new_id = False
            self._is_sent_again = self._session.inflight is not None
            self._catch_up()
        elif kind == "ack":
            self._backoff.reset()
            if self._is_sent_again:
                self._is_sent_again = False
                self._catch_up()
        if change is not None:
            self._tell(change)
        self._wake.set()
        self._advance()

    def _catch_up(self) -> None:
        """Delay an edit that continues an earlier one until changes of other clients are received.

        Sent at the old version, the server would order it after their text at the same position.
        Based on the new version, it stays next to the text that it continues.
        """
        if self._session.joined and self._session.continues:
            self._caught_up_at = asyncio.get_running_loop().time() + CATCH_UP_SECONDS

    def _tell(self, change: Change) -> None:
        self._untold += change.refusals
        if change.replaced is not None:
            lost = change.replaced
            problem = f"{lost.reason}: the error has the former content, of version {lost.version}"
            self._untold.append(ContentReplaced(problem, lost.content))
        while len(self._untold) > MAX_UNTOLD:
            logger.warning(
                "document %s: unsolicited error: %s", self.doc_id, self._untold.popleft()
            )
        for changes in list(self._changes):
            changes.put(change)

    async def _send(self, websocket: ClientConnection) -> None:
        self._is_resting = False
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self._wake.wait()
                self._wake.clear()
                if self._is_resting:
                    # The server refused the last edit temporarily.
                    self._is_resting = False
                    await asyncio.sleep(self._backoff.next())
                await self._caught_up()
                edit = self._session.outgoing()
                if edit is not None:
                    await websocket.send(edit.frame)

    async def _caught_up(self) -> None:
        wait = self._caught_up_at - asyncio.get_running_loop().time()
        if self._session.inflight is None and wait > 0:
            await asyncio.sleep(wait)

    # -- waiting --------------------------------------------------------------------------------

    def _advance(self) -> None:
        progress, self._progress = self._progress, None
        if progress is not None:
            progress.set_result(None)

    async def _next_progress(self) -> None:
        if self._failure is not None:
            raise self._failure
        if self._progress is None:
            self._progress = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._progress)


@contextlib.asynccontextmanager
async def connect(
    url: str,
    doc_id: str,
    *,
    client_id: str | None = None,
    user_id: str | None = None,
    name: str | None = None,
    token: Token | None = None,
    doc_type: str | None = None,
    link: str | None = None,
    guest_secret: str | None = None,
    leave_timeout: float = 10.0,
) -> AsyncIterator[Editor]:
    """Open an editor of a document, which is created if it does not exist.

        async with connect("http://127.0.0.1:8000", "notes", name="Ann") as editor:
            editor.edit({"ops": [{"insert": "Hello"}]})
            await editor.saved()

    Args:
        url: the base URL of the server, as its pages are opened in a browser.
        client_id: identifies this editor; the server makes one if it is left out. A second editor
            with the same `client_id` takes over from the first.
        user_id, name: the user, if the server requires no token.
        token: the bearer token, if the server requires one: a string, or a function, sync or
            async, that returns one. It is called for each connection, so it can renew a token
            that expires.
        doc_type: the type of the document, if it is created.
        link: the secret of the link by which the document is shared.
        guest_secret: identifies a guest: 16 to 128 of `A-Z a-z 0-9 . _ ~ -`. The same secret means
            the same guest. If it is left out, an editor with a `link` gets a random one.
        leave_timeout: seconds to wait on exit until every change is saved.

    Raises:
        JoinRefused, OSError, websockets.exceptions.InvalidHandshake: the first join failed.
        NotSaved: on exit; `content` holds the unsaved changes.
        EditRefused, ContentReplaced: on exit, if `saved` has not raised it.
        EditorError: on exit, if the editor had ended with unsaved changes; `content` holds them.
    """
    given = {
        "client_id": client_id,
        "user_id": user_id,
        "name": name,
        "doc_type": doc_type,
        "link": link,
        "guest_secret": guest_secret or (secrets.token_urlsafe(24) if link else None),
    }
    query = {key: value for key, value in given.items() if value is not None}
    editor = Editor(url, doc_id, query, token)
    await editor._open()
    try:
        yield editor
        await editor._leave(leave_timeout)
    finally:
        await editor._close()
