"""Why the server refuses a connection, and whether another attempt may go well."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from websockets.http11 import Response

from .temporary import TEMPORARY_CODES

__all__ = ["Refusal"]

# After these the same connection would be closed again.
FINAL_CLOSE_CODES = frozenset({1003, 1008, 1009, 4404, 4410})

MAX_RETRY_AFTER_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is known of it; `status` is that of a refused handshake, else 0, `close_code` that of a
    connection that was closed, and `retry_after` seconds to wait at least."""

    code: str = ""
    message: str = ""
    status: int = 0
    close_code: int = 0
    retry_after: float = 0.0

    @classmethod
    def of_response(cls, response: Response) -> Refusal:
        """A refused handshake."""
        status = response.status_code
        retry_after = cls.seconds(response.headers.get("Retry-After", ""))
        try:
            answer = json.loads(response.body or b"")
            code, message = str(answer["code"]), str(answer["message"])
        except (ValueError, KeyError, TypeError):
            code, message = "", "is there a collab server at this URL?"
        return cls(code, message, status, retry_after=retry_after)

    def closed(self, close_code: int, reason: str) -> Refusal:
        """The connection was closed after this error, if there was one.

        Where the server software can't refuse a handshake, the reason is `code: message`.
        """
        code, message = self.code, self.message
        if not message:
            word, colon, rest = reason.partition(": ")
            is_code = bool(colon) and word.replace("_", "").isalpha() and word.islower()
            code, message = (word, rest) if is_code else ("", reason)
        return Refusal(code, message, close_code=close_code)

    @staticmethod
    def seconds(value: Any) -> float:
        """What `Retry-After` says, as a number or a date: seconds, at most
        `MAX_RETRY_AFTER_SECONDS`; 0 where it says nothing that can be read."""
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
        """Whether another token may help. A connection whose token expires is closed with 1008 and
        no error before."""
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
