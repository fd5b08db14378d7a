"""Tokens are kept out of the log, whoever writes to it."""

from __future__ import annotations

import logging
import re

__all__ = ["Redaction", "hide_tokens"]

# A parameter or cookie whose name ends in "token", a link, credentials, a JSON Web Token.
_TOKEN = re.compile(
    r"""(token=|[?&]link=|bearer\s+)[^\s&"';,]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*""", re.IGNORECASE
)


class Redaction(logging.Filter):
    """Replaces what looks like a token in a line of the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        hidden = _TOKEN.sub(lambda found: f"{found[1] or ''}[hidden]", message)
        if hidden != message:
            record.msg, record.args = hidden, ()
        return True


def hide_tokens() -> None:
    """For every handler of the root logger."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(Redaction())
