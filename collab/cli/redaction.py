"""Tokens are kept out of the log, whoever writes to it."""

from __future__ import annotations

import re

__all__ = ["without_tokens"]

# A parameter, cookie or field whose name ends in "token", a link, a guest's secret, credentials, a
# JSON Web Token.
_TOKEN = re.compile(
    r"""((?:token|guest_secret)(?:=\\?["']?|\\?["']:\s?\\?["'])|[?&]link=|bearer\s+)[^\s&"';,\\]+"""
    r"""|\beyJ[\w-]+\.[\w-]+\.[\w-]*""",
    re.IGNORECASE,
)

# Without one of these there is nothing to be found, which is quicker to see.
_SIGNS = ("token", "link=", "guest_secret", "bearer", "eyj")


def without_tokens(text: str) -> str:
    """The same with `[hidden]` in the place of what looks like a token."""
    lower = text.lower()
    if not any(sign in lower for sign in _SIGNS):
        return text
    return _TOKEN.sub(lambda found: f"{found[1] or ''}[hidden]", text)
