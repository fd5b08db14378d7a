"""Why the server refused a connection, and whether another attempt may succeed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from websockets.http11 import Response

from .temporary import TEMPORARY_CODES

__all__ = ["Refusal"]

# With these codes the server would close the next connection as well.
FINAL_CLOSE_CODES = frozenset({1003, 1008, 1009, 4404, 4410})

MAX_RETRY_AFTER_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused or closed connection.

    `status` is that of a refused handshake, else 0. `close_code` is that of a closed connection,
    else 0. `retry_after` is the least wait before the next attempt, in seconds.
    """

    code: str = ""
    message: str = ""
    status: int = 0
    close_code: int = 0
    retry_after: float = 0.0

    @classmethod
    def of_response(cls, response: Response) -> Refusal:
        """Make the refusal of a handshake's HTTP response."""
        status = response.status_code
        retry_after = cls.seconds(response.headers.get("Retry-After", ""))
        try:
            answer = json.loads(response.body or b"")
            code, message = str(answer["code"]), str(answer["message"])
        except (ValueError, KeyError, TypeError):
            code, message = "", "the response is not one of a collab server: check the URL"
        return cls(code, message, status, retry_after=retry_after)

    def closed(self, close_code: int, reason: str) -> Refusal:
        """Return the refusal of a connection that was closed, after this error if there was one.

        A server that can't refuse a handshake closes with the reason `code: message` instead.
        """
        code, message = self.code, self.message
        if not message:
            word, colon, rest = reason.partition(": ")
            is_code = bool(colon) and word.replace("_", "").isalpha() and word.islower()
            code, message = (word, rest) if is_code else ("", reason)
        return Refusal(code, message, close_code=close_code)

    @staticmethod
    def seconds(value: Any) -> float:
        """Return the seconds of a `Retry-After` value, a number or a date, at most
        `MAX_RETRY_AFTER_SECONDS`; 0 if it can't be parsed."""
        try:
            wait = float(value)
        except (TypeError, ValueError):
            try:
                wait = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
            except (TypeError, ValueError, AttributeError):
                return 0.0
        return min(max(wait, 0.0), MAX_RETRY_AFTER_SECONDS) if wait == wait else 0.0

    @property
    def is_temporary(self) -> bool:
        if self.close_code:
            return self.close_code not in FINAL_CLOSE_CODES or self.code in TEMPORARY_CODES
        return not 400 <= self.status < 500 or self.status in (408, 429)

    @property
    def is_unauthorized(self) -> bool:
        """Whether another token may help. The server closes a connection whose token has expired
        with 1008 and without an error frame."""
        return self.status == 401 or (self.close_code == 1008 and self.code in ("", "unauthorized"))

    @property
    def is_forbidden(self) -> bool:
        return self.status == 403 or (self.close_code == 1008 and self.code == "forbidden")

    def __str__(self) -> str:
        if self.status and not self.code:
            return f"the server answered {self.status}: {self.message}"
        number = self.status or self.close_code
        return " ".join(
            filter(None, [str(number or ""), f"{self.code}: {self.message}".strip(": ")])
        )
