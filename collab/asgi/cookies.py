"""Parse the `Cookie` header and format `Set-Cookie`."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import format_datetime
from http.cookies import SimpleCookie
from typing import Literal, TypeAlias

__all__ = ["SameSite", "format_cookie", "parse_cookies"]

SameSite: TypeAlias = Literal["lax", "strict", "none"]

_ESCAPE = re.compile(r"\\(?:([0-3][0-7][0-7])|(.))")


def parse_cookies(header: str) -> dict[str, str]:
    """Return the names and values. A part without `=` is a value without a name; of equal names the
    last one wins.

    It is more lenient than RFC 6265, as browsers are: a malformed cookie must not hide the others.
    """
    cookies = {}
    for part in header.split(";"):
        name, equals, value = part.partition("=")
        if not equals:
            name, value = "", name
        name, value = name.strip(), value.strip()
        if name or value:
            cookies[name] = _unquote(value)
    return cookies


def _unquote(value: str) -> str:
    """Undo the quoting and the octal escapes of `http.cookies`."""
    if len(value) < 2 or not (value[0] == value[-1] == '"'):
        return value
    return _ESCAPE.sub(lambda m: chr(int(m[1], 8)) if m[1] else m[2], value[1:-1])


def format_cookie(
    key: str,
    value: str,
    *,
    max_age: int | None,
    expires: datetime | str | int | None,
    path: str | None,
    domain: str | None,
    secure: bool,
    httponly: bool,
    samesite: SameSite | None,
) -> str:
    """Return the value of a `Set-Cookie` header.

    Args:
        max_age: seconds.
        expires: a datetime, an HTTP date, or seconds from now.
    """
    assert samesite is None or samesite.lower() in ("lax", "strict", "none"), (
        f"Expected samesite to be 'lax', 'strict' or 'none', got {samesite!r}."
    )
    if isinstance(expires, datetime):
        expires = format_datetime(expires, usegmt=True)
    attributes = {
        "max-age": max_age,
        "expires": expires,
        "path": path,
        "domain": domain,
        "secure": secure or None,
        "httponly": httponly or None,
        "samesite": samesite,
    }
    cookie = SimpleCookie()
    cookie[key] = value
    for name, setting in attributes.items():
        if setting is not None:
            cookie[key][name] = setting
    return cookie.output(header="").strip()
