"""User ids in the address of a request: every id that a user may have can be named there."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from ..asgi.convertors import Convertor, register_url_convertor
from ..asgi.requests import Request
from ..auth import User
from ..errors import InvalidRequest

__all__ = ["USER_ID", "user_id_of"]

USER_ID = "user_id:collab_user_id"
"""The path parameter of a route: everything up to the end of the path."""


class UserIdConvertor(Convertor[str]):
    """The rest of the path, with slashes and line feeds: what may be an id is decided later."""

    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return str(value)


register_url_convertor("collab_user_id", UserIdConvertor())


def user_id_of(request: Request) -> str:
    """The id in the path, or in the query where the path has none.

    Proxies and browsers change some paths on the way: they join two slashes, and resolve `.` and
    `..`. A query arrives as it was sent.

    Raises:
        InvalidRequest: there is none, or it is none that a user may have.
    """
    if "user_id" in request.path_params:
        sent, user_id = request.scope.get("raw_path") or b"", request.path_params["user_id"]
    else:
        sent, user_id = request.scope["query_string"], request.query_params.get("user_id")
    if user_id is None:
        raise InvalidRequest("parameter 'user_id' is missing: give it in the path or the query")
    try:
        unquote_to_bytes(sent).decode()
    except UnicodeDecodeError:
        raise InvalidRequest("the address is not UTF-8: percent-encode the user id so") from None
    return User(user_id).user_id
