"""What an endpoint of the HTTP API is, and one call of it.

Lists of these are the API: routing, decoding, the answer 405 and its description are made of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from msgspec import Struct

from ..asgi.requests import Request
from ..asgi.responses import Response
from ..auth import Role, User
from ..errors import CollabError

__all__ = ["MAX_BODY_BYTES", "Call", "Endpoint", "Nothing"]

MAX_BODY_BYTES = 64 * 1024

Query = TypeVar("Query", bound=Struct)
Body = TypeVar("Body", bound=Struct)


class Nothing(Struct, frozen=True):
    """No parameters, no body, or an answer without one."""


@dataclass(frozen=True, slots=True)
class Call(Generic[Query, Body]):
    """A request that the guard has let through.

    Args:
        known: the user; None where the endpoint is for anyone.
        body_bytes: the size of the body as it was sent.
    """

    request: Request
    known: User | None
    query: Query
    body: Body
    body_bytes: int = 0

    @property
    def user(self) -> User:
        assert self.known is not None
        return self.known

    @property
    def doc_id(self) -> str:
        """Of an endpoint that has it in its path. It is well-formed; there may be no document."""
        return str(self.request.path_params["doc_id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A method of a path, and what it takes and answers.

    Args:
        method: also `HEAD`, where it is `GET`.
        handler: takes a `Call[query, body]`.
        needs: who may call it: the role on the document of the path, any user whom the server
            knows, or anyone.
        query: the query parameters; others are ignored.
        body: the JSON object of the body; `Nothing` reads none.
        answers: what the body of each status is, of those that are no errors.
        errors: what it answers besides the errors of every endpoint of its kind.
        same_host: whether pages of `allowed_origins` may not call it.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    handler: Callable[[Call[Any, Any]], Awaitable[Response]]
    needs: Literal["anyone", "user"] | Role = "user"
    query: type[Struct] = Nothing
    body: type[Struct] = Nothing
    max_body_bytes: int = MAX_BODY_BYTES
    answers: Mapping[int, type[Struct]] = field(default_factory=dict)
    errors: tuple[type[CollabError], ...] = ()
    same_host: bool = False
