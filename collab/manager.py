"""The documents of one process and everybody connected to them."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from .auth import User
from .connection_log import log_fields
from .documents.content import Encoded, let_go_of
from .documents.document import Document
from .documents.document_reader import DocumentReader, IsKnown
from .documents.open_documents import DEFAULT_TYPE, OpenDocuments
from .documents.restoring import way_back
from .documents.titles import check_title
from .errors import (
    CollabError,
    ConfigurationError,
    DocumentDeleted,
    EditError,
    PeerLeft,
    ShuttingDown,
    StorageError,
    TooLarge,
    VersionGone,
)
from .frames import encode_json
from .limits.budget import Allowance, Budgets
from .limits.unread import Unread
from .sessions.connection import Connection
from .sessions.connections import Connections
from .sessions.handshake import WebSocketLike, check_subprotocols, refuse
from .sessions.housekeeping import Housekeeping
from .sessions.join import JoinRequest, check_doc_id
from .sessions.reauthorization import Admit, RoleOf
from .sessions.room import Room, room_of
from .sessions.wire import encode_text_frame
from .settings import Settings
from .storage import Committer, DocumentRecord, OperationRecord, Store

__all__ = ["DocumentManager"]

logger = logging.getLogger(__name__)


class DocumentManager:
    """Joins connections to documents, and is what an embedding application calls.

    It works on a store and a started committer, which it neither opens nor closes. `start`
    before use, `close` at the end; then it may be started again, in another event loop too.

    Args:
        open_all: awaited by a call that comes while this is not started in the running event loop:
            it starts the manager with all that it needs, or says why it can't.

    Bounds: those of `ConnectionLimits` and `OpenDocuments`.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        committer: Committer,
        open_all: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.settings = settings
        self.metrics = committer.metrics
        self.store = store
        self._committer = committer
        self._open_all = open_all
        self.budgets = Budgets(settings)
        self.unread = Unread(settings)
        self._own_ids = itertools.count(1)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._begin()

    def _begin(self) -> None:
        """Have nothing open, and nobody connected."""
        self.documents = OpenDocuments(self.settings, self.store, self._committer, self._make_room)
        self.budgets.clear()
        self.connections = Connections(self.settings, self.documents, self.budgets, self.unread)
        self._reader = DocumentReader(self.settings, self.store, self.documents)
        self._housekeeping = Housekeeping(self.documents, self.metrics, self.sweep)

    def _make_room(self, document: Document) -> Room:
        interval = self.settings.presence_interval_seconds
        return Room(document.history, document.doc_type, self.metrics, interval)

    async def _ready(self) -> None:
        """Return once this is started, in the running event loop.

        Raises:
            ConfigurationError: it is started in another one.
            StorageError: it can't be started now.
        """
        if self._loop is not asyncio.get_running_loop() and self._open_all is not None:
            await self._open_all()

    def _check_loop(self) -> None:
        """Raise `ConfigurationError` where this is started in another event loop."""
        loop = self._loop
        if loop is not None and loop is not asyncio.get_running_loop() and loop.is_running():
            raise ConfigurationError(
                "the manager is started in another event loop: call it there "
                "(asyncio.run_coroutine_threadsafe), or close it there first"
            )

    # -- connections ----------------------------------------------------------------------------

    async def serve(
        self,
        websocket: WebSocketLike,
        doc_id: str,
        user: User | str | Admit,
        request: JoinRequest | None = None,
    ) -> None:
        """Run one connection from the handshake to its close.

        A join that is refused is answered on the WebSocket; nothing is raised for it.
        """
        try:
            connection = await self.join_document(websocket, doc_id, user, request)
        except PeerLeft:
            return
        except CollabError as error:
            self.metrics.joins_refused[error.code] += 1
            logger.info("refused: %s", error, extra=log_fields(websocket.scope, doc_id))
            await refuse(websocket, error)
            return
        await connection.run()

    async def join_document(
        self,
        websocket: WebSocketLike,
        doc_id: str,
        user: User | str | Admit,
        request: JoinRequest | None = None,
    ) -> Connection:
        """Accept the WebSocket and join it to a document.

        Args:
            websocket: not yet accepted, or accepted by the host.
            user: who is editing; a text is taken as the `user_id` of an editor. Or an async
                function that tells, raising `CollabError` for nobody: it is asked again if there
                is a review while the user joins.
            request: how to join; taken from the WebSocket's query parameters if left out.

        Returns:
            The connection, which is already written to. Await its `run()`, or hand each received
            text to `handle(text)` and call `leave_document` at the end.

        Raises:
            PeerLeft: the peer went away meanwhile.
            CollabError: the join is refused; the WebSocket is still open, for `refuse`.
        """
        if request is None:
            request = JoinRequest.of_query(websocket.query_params)
        check_subprotocols(websocket)
        await self._ready()
        return await self.connections.join(websocket, doc_id, user, request)

    async def leave_document(self, connection: Connection) -> None:
        """End a connection that the host read itself. Idempotent."""
        await connection.finish()

    async def reauthorize(self, doc_id: str, role_of: RoleOf) -> None:
        """Ask anew what everybody connected to a document may do there.

        Whoever has another role now is closed, with 1013 if they may come back with it, else with
        1008. Who is joining at this moment is asked about once they have joined.
        """
        self._check_loop()
        await self.connections.reauthorize(doc_id, role_of)

    async def reauthorize_user(self, user_id: str) -> None:
        """Have everybody connected as this user go through the handshake again: who is signed in no
        longer is refused there. They are closed with 1013."""
        self._check_loop()
        self.connections.reauthorize_user(user_id)

    # -- what an embedding application calls ----------------------------------------------------

    async def handle_edit(
        self,
        doc_id: str,
        user_id: str,
        operation: Any,
        version: int | None = None,
        *,
        client_id: str | None = None,
        edit_id: int | None = None,
    ) -> int:
        """Make an edit on the server; everybody connected sees it.

        Args:
            operation: made on `version`; on the newest one if that is left out.
            client_id, edit_id: give both to have the edit applied once however often it is
                sent; `edit_id` counts 1, 2, 3 … for each `client_id`.

        Returns:
            The committed version that the edit made.

        Raises:
            EditError: refused.
            NoSuchDocument, DocumentDeleted: the document is not there, or no longer.
            StorageUnavailable: not stored; try again.
        """
        record, _ = await self._edit(doc_id, user_id, operation, version, client_id, edit_id)
        return record.version

    async def submit_edit(
        self,
        doc_id: str,
        user_id: str,
        operation: Any,
        version: int,
        client_id: str,
        edit_id: int,
        allowance: Allowance,
    ) -> tuple[OperationRecord, bool]:
        """As `handle_edit`, for a user whose work is limited as that of a connection.

        Args:
            allowance: what pays for the edit.

        Returns:
            The committed edit, whose operation is "null" where it is compacted, and whether it had
            been accepted before.

        Raises:
            EditError, NoSuchDocument, DocumentDeleted, StorageUnavailable: as by `handle_edit`.
            ServerBusy, ShuttingDown: the document can't be opened now.
        """
        try:
            await self._ready()
            if self.connections.is_closing:
                raise ShuttingDown("the server is shutting down: send the same again shortly")
            async with self.documents.open(doc_id, client_id=client_id) as document:
                allowance.enter(document)
                return await self._edit(
                    doc_id,
                    user_id,
                    operation,
                    version,
                    client_id,
                    edit_id,
                    is_bounded=True,
                    allowance=allowance,
                )
        except (EditError, StorageError) as error:
            self.metrics.edits_refused[error.code] += 1
            raise

    async def _edit(
        self,
        doc_id: str,
        user_id: str,
        operation: Any,
        version: int | None,
        client_id: str | None = None,
        edit_id: int | None = None,
        *,
        is_bounded: bool = False,
        allowance: Allowance | None = None,
    ) -> tuple[OperationRecord, bool]:
        await self._ready()
        if client_id is None:
            client_id = f"server-{time.time_ns():x}-{next(self._own_ids)}"
            edit_id = 1
        async with self.documents.open(doc_id, client_id=client_id) as document:
            author = await document.authors.hold(client_id, user_id)
            # A connection of this editor pays for all of its edits.
            if author.allowance is None:
                author.allowance = allowance
            try:
                await document.until_known(author)
                if is_bounded:
                    author.check_work("steps of work for edits")
                head, last_id = document.history.head, author.last_id
                edit_id = last_id + 1 if edit_id is None else edit_id
                change = await document.submission.edit(
                    author,
                    edit_id,
                    head if version is None else version,
                    operation,
                    is_bounded=is_bounded,
                )
                await document.until_committed(change.version)
                return change.record, edit_id <= last_id or change.version <= head
            finally:
                if author.allowance is allowance:
                    author.allowance = None
                document.authors.release(author)

    async def broadcast_to_document(
        self, doc_id: str, message: Any, exclude: str | None = None
    ) -> None:
        """Send a JSON message to everybody connected to a document, except the `client_id` in
        `exclude`. It is not stored, and a document that nobody has open is not opened."""
        self._check_loop()
        document = self.documents.get(doc_id)
        if document is not None:
            room_of(document).broadcast(encode_text_frame(encode_json(message)), exclude)

    async def send_personal_message(self, user_id: str, message: Any) -> int:
        """Send a JSON message to every connection of a user; returns how many there were."""
        self._check_loop()
        frame = encode_text_frame(encode_json(message))
        theirs = [each for each in self.connections if each.user.user_id == user_id]
        for connection in theirs:
            connection.put(frame)
        return len(theirs)

    async def create_document(
        self,
        doc_id: str,
        doc_type: str = DEFAULT_TYPE,
        title: str = "",
        owner: str | None = None,
        *,
        anew: bool = True,
    ) -> DocumentRecord:
        """Create an empty document, `owner` being granted that role on it.

        Args:
            anew: whether the id of a deleted document may be used again.

        Raises:
            DocumentExists: there is one.
            DocumentDeleted: there was one, and `anew` is off.
            InvalidRequest: the id or the title is not one that a document may have.
        """
        self.documents.types.get(doc_type)
        check_doc_id(doc_id)
        title = check_title(title)
        await self._ready()
        return await self.store.catalog.create_document(doc_id, doc_type, title, owner, anew=anew)

    async def import_document(
        self, doc_id: str, content: Any, *, doc_type: str = DEFAULT_TYPE, title: str = ""
    ) -> str:
        """Create a document with content, which is its first, ordinary edit; returns its id.

        Raises:
            InvalidOperation, DocumentFull: the content is refused; no document is made.
            DocumentExists: the id is taken.
            InvalidRequest: the id or the title is not one that a document may have.
        """
        kind = self.documents.types.get(doc_type)
        operation = kind.difference(kind.create(), kind.create(content))
        await self._ready()
        was_deleted = await self.store.catalog.was_deleted(check_doc_id(doc_id))
        await self.create_document(doc_id, doc_type, title)
        try:
            await self.handle_edit(doc_id, "import", operation, 0)
        except BaseException:
            # Also when the import is cancelled: an empty document would be taken for its result.
            await asyncio.shield(self.delete_document(doc_id, tombstone=was_deleted))
            raise
        return doc_id

    async def restore_document(
        self, doc_id: str, version: int, user_id: str, allowance: Allowance | None = None
    ) -> int:
        """Make the content what it was at `version`, by an ordinary edit: nothing of the history
        is lost, and what others edit meanwhile is kept.

        Args:
            allowance: what pays for the work; while nothing is left of it, the restore waits.

        Returns:
            The committed version that the edit made.

        Raises:
            NoSuchDocument: there is no such document, or it never had that version.
            TooLarge: what has changed since is more than one edit may change.
            VersionGone: others have edited too much meanwhile; the same may succeed again.
            DocumentFull, StorageUnavailable
        """
        record, _, wanted = await self.read_document(doc_id, version)
        try:
            return await self._restore(record, wanted, version, user_id, allowance)
        finally:
            held = [wanted]
            del wanted
            await let_go_of(held)

    async def _restore(
        self,
        record: DocumentRecord,
        wanted: Any,
        version: int,
        user_id: str,
        allowance: Allowance | None,
    ) -> int:
        doc_id = record.doc_id
        async with self.documents.open(doc_id) as document:
            if document.epoch != record.epoch:
                raise DocumentDeleted(f"the document {doc_id!r} was deleted")
            try:
                at, operation = await way_back(document, wanted, self.settings, allowance)
                record_of_edit, _ = await self._edit(
                    doc_id, user_id, operation, at, is_bounded=True, allowance=allowance
                )
                return record_of_edit.version
            except TooLarge as problem:
                raise TooLarge(
                    f"version {version} of document {doc_id!r} can't be restored by one edit: "
                    f"{problem}; read that version and make a new document of it instead"
                ) from None
            except VersionGone:
                raise VersionGone(
                    f"others have changed document {doc_id!r} too much while the difference to "
                    f"version {version} was looked for: send the same again"
                ) from None

    async def delete_document(
        self, doc_id: str, user_id: str = "", *, tombstone: bool = True
    ) -> None:
        """Delete a document and its history; everybody connected is told and closed with 4410.

        Args:
            user_id: who deletes it.
            tombstone: whether its id is remembered, so that who comes back is told so and doesn't
                make it anew by joining.

        Raises:
            NoSuchDocument: it is not there.
        """
        await self._ready()
        await self.store.catalog.delete_document(doc_id, user_id, tombstone=tombstone)
        document = self.documents.get(doc_id)
        if document is not None:
            document.delete(user_id)

    async def read_document(
        self, doc_id: str, version: int | None = None
    ) -> tuple[DocumentRecord, int, Any]:
        """A document's record, and its content at `version` or the newest committed one. Both are
        of the same document, though another one of this id may take its place meanwhile.

        Raises:
            NoSuchDocument: there is no such document, or it never had that version.
        """
        await self._ready()
        return await self._reader.value(doc_id, version)

    async def read_content(
        self,
        doc_id: str,
        version: int | None = None,
        is_known: IsKnown = lambda record, version: False,
    ) -> tuple[DocumentRecord, int, Encoded | None]:
        """As `read_document`, but encoded, and shared by all who read the same at one time.

        Args:
            is_known: whether the reader has the content of this record at this version: it is not
                read then, and None is returned in its place.
        """
        await self._ready()
        return await self._reader.encoded(doc_id, version, is_known)

    # -- the manager's own life -----------------------------------------------------------------

    async def start(self) -> None:
        """Begin to look after idle documents and stalled readers. Idempotent.

        What a life before this one has left, since its event loop ended first, is forgotten.

        Raises:
            ConfigurationError: it is started in another event loop.
        """
        loop = asyncio.get_running_loop()
        self._check_loop()
        if self._loop is loop:
            return
        if self._housekeeping.was_started:
            self._begin()
        self._loop = loop
        self._housekeeping.start()

    async def sweep(self, now: float) -> None:
        """End readers that take too little for too long and users who are let in no longer; evict
        documents idle for long enough."""
        self.connections.sweep(now)
        await self.documents.evict_idle(now - self.settings.document_idle_seconds)

    async def close(self) -> None:
        """Commit what is pending, tell everybody, close every connection, store snapshots.

        Idempotent; takes at most `shutdown_timeout_seconds` for the connections.
        """
        if self.connections.is_closing:
            return
        self.connections.is_closing = True
        await self._housekeeping.stop()
        # By the end of the event loop, which cancels everything at once.
        self._committer.tell_lost()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.settings.shutdown_timeout_seconds):
                await self.documents.until_all_committed()
        await self.connections.close()
        await self.documents.close()
        self._loop = None
