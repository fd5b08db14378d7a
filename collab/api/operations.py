"""The HTTP API of operations: those that were committed, and new ones."""

from __future__ import annotations

from ..asgi.responses import Response
from ..auth import Access, User
from ..documents.transform_budget import check_values
from ..errors import (
    DocumentFull,
    InvalidOperation,
    InvalidRequest,
    NoSuchDocument,
    OutOfOrder,
    VersionAhead,
    VersionGone,
    WrongDocType,
)
from ..manager import DocumentManager
from ..sessions.join import check_client_id, new_client_id
from .endpoints import Call, Endpoint, Nothing
from .parts import large_response
from .schemas import Accepted, EditRequest, Operation, OperationPage, OperationQuery

__all__ = ["OperationsAPI"]

PATH = "/api/documents/{doc_id}/operations"


class OperationsAPI:
    """The endpoints of `/api/documents/{doc_id}/operations`."""

    def __init__(self, manager: DocumentManager, access: Access) -> None:
        self._manager = manager
        self._access = access

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                method="GET",
                path=PATH,
                handler=self.list_operations,
                needs="viewer",
                query=OperationQuery,
                answers={200: OperationPage},
                errors=(VersionGone,),
            ),
            Endpoint(
                method="POST",
                path=PATH,
                handler=self.submit_edit,
                needs="editor",
                body=EditRequest,
                max_body_bytes=self._manager.settings.max_operation_bytes,
                answers={200: Accepted},
                errors=(
                    InvalidOperation,
                    OutOfOrder,
                    VersionAhead,
                    VersionGone,
                    WrongDocType,
                    DocumentFull,
                ),
            ),
        ]

    async def list_operations(self, call: Call[OperationQuery, Nothing]) -> Response:
        """The operations that were committed after a version, in order."""
        after = call.query.after
        store = self._manager.store
        record = await store.catalog.find_document(call.doc_id)
        if record is None:
            raise NoSuchDocument(f"there is no document {call.doc_id!r}")
        if after < record.compacted_version:
            raise VersionGone(
                f"the operations up to {record.compacted_version} are no longer kept: "
                f"got after={after}, expected {record.compacted_version} or more"
            )
        operations = await store.operations.read(record.key, after, call.query.limit)
        page = OperationPage([Operation.of(each) for each in operations])
        return large_response(self._manager.unread, page)

    async def submit_edit(self, call: Call[Nothing, EditRequest]) -> Response:
        """Make an edit, as over the WebSocket: answered once it is committed.

        Sent again with the same `client_id` and `id`, it is not applied again.
        """
        edit = call.body
        manager = self._manager
        client_id, edit_id = _identity(edit)
        user = await self._author(call, client_id)
        with manager.budgets.edit(call.request.scope, user) as allowance:
            limit = manager.settings.max_operation_values
            check_values(edit.operation, call.body_bytes, limit)
            record, is_resent = await manager.submit_edit(
                call.doc_id,
                user.user_id,
                edit.operation,
                edit.version,
                client_id,
                edit_id,
                allowance,
            )
        return large_response(manager.unread, Accepted.of(record, is_resent))

    async def _author(self, call: Call[Nothing, EditRequest], client_id: str) -> User:
        """The user; in open mode a guest is known by the `client_id`, as over the WebSocket."""
        user = call.user
        if user.signed_in or user.documents is not None:
            return user
        return await self._access.user(call.request, client_id)


def _identity(edit: EditRequest) -> tuple[str, int]:
    """`client_id` and `id`, which are given both or get new values.

    Raises:
        InvalidRequest: only one is given, or the `client_id` is malformed.
    """
    if (edit.client_id is None) != (edit.id is None):
        raise InvalidRequest(
            "got only one of the fields 'client_id' and 'id': give both to have the edit applied "
            "once however often it is sent, or neither"
        )
    if edit.client_id is None or edit.id is None:
        return new_client_id(), 1
    return check_client_id(edit.client_id), edit.id
