"""Exceptions by which an endpoint answers with a status or a close code."""

from __future__ import annotations

from collections.abc import Mapping
from http.client import responses

__all__ = ["HTTPException", "WebSocketException"]


class HTTPException(Exception):
    """Answers the request with `status_code`; `detail` defaults to the status's standard phrase."""

    def __init__(
        self,
        status_code: int,
        detail: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status_code = status_code
        self.detail = responses.get(status_code, "") if detail is None else detail
        self.headers = headers

    def __str__(self) -> str:
        return f"{self.status_code}: {self.detail}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}(status_code={self.status_code!r}, detail={self.detail!r})"


class WebSocketException(Exception):
    """Closes the WebSocket with `code` and `reason`; before accept, refuses it with 403."""

    def __init__(self, code: int, reason: str | None = None) -> None:
        self.code = code
        self.reason = reason or ""

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}(code={self.code!r}, reason={self.reason!r})"
