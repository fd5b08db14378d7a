"""The WebSocket address of a document."""

from __future__ import annotations

from urllib.parse import quote, urlencode, urlsplit, urlunsplit

__all__ = ["document_address"]

SCHEMES = {"ws": "ws", "wss": "wss", "http": "ws", "https": "wss"}


def document_address(url: str, doc_id: str, query: dict[str, str]) -> str:
    """Return the WebSocket URL of a document.

    Args:
        url: the base URL of the server, as its pages are opened in a browser.

    Raises:
        ValueError: `url` is not a base URL with the scheme http, https, ws or wss.
    """
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or not parts.netloc:
        raise ValueError(f"got the URL {url!r}: expected one such as 'http://127.0.0.1:8000'")
    path = f"{parts.path.rstrip('/')}/ws/documents/{quote(doc_id, safe='')}"
    return urlunsplit((SCHEMES[parts.scheme], parts.netloc, path, urlencode(query), ""))
