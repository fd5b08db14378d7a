"""Redaction of tokens and secrets in log records."""

from __future__ import annotations

import re

__all__ = ["without_tokens"]

# A parameter, cookie or field whose name ends in "token"; a link; a guest's secret; bearer
# credentials; a JSON Web Token.
_TOKEN = re.compile(
    r"""((?:token|guest_secret)(?:=\\?["']?|\\?["']:\s?\\?["'])|[?&]link=|bearer\s+)[^\s&"';,\\]+"""
    r"""|\beyJ[\w-]+\.[\w-]+\.[\w-]*""",
    re.IGNORECASE,
)

# A text without any of these can't match; the check is faster than the regular expression.
_SIGNS = ("token", "link=", "guest_secret", "bearer", "eyj")


def without_tokens(text: str) -> str:
    """Replace everything that looks like a token by `[hidden]`."""
    lower = text.lower()
    if not any(sign in lower for sign in _SIGNS):
        return text
    return _TOKEN.sub(lambda found: f"{found[1] or ''}[hidden]", text)
