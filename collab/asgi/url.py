"""The URL of a request, and the URLs of routes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from ipaddress import AddressValueError, IPv6Address
from typing import Any, Literal, cast
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from .multidict import MultiDict
from .types import Scope

__all__ = ["URL", "URLPath", "get_route_path"]

Protocol = Literal["http", "websocket", ""]

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_SCHEMES = {"http": ("http", "https"), "websocket": ("ws", "wss")}

# RFC 3986, section 3.2.2. Any other Host header could change the path or the authority.
_HOST = re.compile(
    r"(?:[a-z0-9._~%!$&'()*+,;=-]+"
    r"|\[(?:(?P<ipv6>[a-f0-9]*:[a-f0-9.:]+)|v[a-f0-9]+\.[a-z0-9._~!$&'()*+,;=:-]+)\])"
    r"(?::(?P<port>[0-9]+))?",
    re.IGNORECASE | re.ASCII,
)


class URL:
    """An immutable URL, made from a string, from an ASGI scope, or from named components.

    The components are those of `urllib.parse.urlsplit`: `scheme`, `netloc`, `path`, `query`,
    `fragment`, `username`, `password`, `hostname` and `port` (None if it is the scheme's default).
    """

    def __init__(self, url: str = "", scope: Scope | None = None, **components: Any) -> None:
        if scope is not None:
            assert not url, 'Expected one of "url" and "scope", got both.'
            assert not components, 'Expected one of "scope" and components, got both.'
            url = _from_scope(scope)
        elif components:
            assert not url, 'Expected one of "url" and components, got both.'
            url = URL("").replace(**components).components.geturl()
        self._url = url

    @cached_property
    def components(self) -> SplitResult:
        return urlsplit(self._url)

    @property
    def scheme(self) -> str:
        return self.components.scheme

    @property
    def netloc(self) -> str:
        return self.components.netloc

    @property
    def path(self) -> str:
        return self.components.path

    @property
    def query(self) -> str:
        return self.components.query

    @property
    def fragment(self) -> str:
        return self.components.fragment

    @property
    def username(self) -> str | None:
        return self.components.username

    @property
    def password(self) -> str | None:
        return self.components.password

    @property
    def hostname(self) -> str | None:
        return self.components.hostname

    @property
    def port(self) -> int | None:
        return self.components.port

    @property
    def is_secure(self) -> bool:
        return self.scheme in ("https", "wss")

    def replace(self, **components: Any) -> URL:
        """Return the URL with these components replaced."""
        if components.keys() & {"username", "password", "hostname", "port"}:
            components["netloc"] = self._netloc_with(components)
        return type(self)(self.components._replace(**components).geturl())

    def _netloc_with(self, components: dict[str, Any]) -> str:
        """Return the authority with its parts replaced; remove these from `components`."""
        host = components.pop("hostname", None)
        port = components.pop("port", self.port)
        username = components.pop("username", self.username)
        password = components.pop("password", self.password)
        host = _without_port(self.netloc) if host is None else _bracketed(host)
        netloc = host if port is None else f"{host}:{port}"
        if username is None:
            return netloc
        secret = "" if password is None else f":{password}"
        return f"{username}{secret}@{netloc}"

    def include_query_params(self, **params: Any) -> URL:
        """Set these parameters and keep the others."""
        query = self._query_params()
        query.update({name: str(value) for name, value in params.items()})
        return self.replace(query=urlencode(query.multi_items()))

    def replace_query_params(self, **params: Any) -> URL:
        """Set these parameters and drop the others."""
        return self.replace(query=urlencode([(name, str(value)) for name, value in params.items()]))

    def remove_query_params(self, keys: str | Sequence[str]) -> URL:
        query = self._query_params()
        for key in [keys] if isinstance(keys, str) else keys:
            query.pop(key)
        return self.replace(query=urlencode(query.multi_items()))

    def _query_params(self) -> MultiDict:
        return MultiDict(parse_qsl(self.query, keep_blank_values=True))

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __hash__(self) -> int:
        return hash(self._url)

    def __str__(self) -> str:
        return self._url

    def __repr__(self) -> str:
        shown = self.replace(password="********") if self.password else self
        return f"{type(self).__name__}({str(shown)!r})"


class URLPath(str):
    """The path of a route, with the protocol of its endpoint: HTTP or WebSocket."""

    protocol: Protocol
    host: str

    def __new__(cls, path: str, protocol: Protocol = "", host: str = "") -> URLPath:
        assert protocol in ("http", "websocket", ""), f"Unknown protocol {protocol!r}."
        self = super().__new__(cls, _never_authority(path.replace("\\", "%5C")))
        self.protocol = protocol
        self.host = host
        return self

    def make_absolute_url(self, base_url: str | URL) -> URL:
        """Return the URL of this path below `base_url`, with its host and the protocol's scheme."""
        base = URL(base_url) if isinstance(base_url, str) else base_url
        scheme = _SCHEMES[self.protocol][base.is_secure] if self.protocol else base.scheme
        path = base.path.rstrip("/") + str(self)
        return URL(scheme=scheme, netloc=self.host or base.netloc, path=path)


def get_route_path(scope: Scope) -> str:
    """Return the part of the path below `root_path`, or the whole path if it is elsewhere."""
    path: str = scope["path"]
    root_path: str = scope.get("root_path", "")
    below = path.removeprefix(root_path)
    return path if root_path and below and not below.startswith("/") else below


def _from_scope(scope: Scope) -> str:
    scheme = scope.get("scheme", "http")
    path = scope["path"].replace("?", "%3F").replace("#", "%23").replace("\\", "%5C")
    query = _ascii(scope.get("query_string", b""))
    netloc = _netloc(scope, scheme)
    if netloc is not None:
        return SplitResult(scheme, netloc, path, query, "").geturl()
    path = _never_authority(path)
    return f"{path}?{query}" if query else path


def _ascii(query: bytes) -> str:
    """Percent-encode the bytes that are not ASCII."""
    return "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in query)


def _netloc(scope: Scope, scheme: str) -> str | None:
    """Return the Host header, or the server's own address if it is missing or malformed."""
    header: bytes | None = next((v for name, v in scope["headers"] if name == b"host"), None)
    if header is not None and _is_authority(authority := header.decode("latin-1")):
        return authority
    if scope.get("server") is None:
        return None
    host, port = cast("tuple[str, int | None]", scope["server"])
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return host if port == _DEFAULT_PORTS.get(scheme) else f"{host}:{port}"


def _is_authority(text: str) -> bool:
    match = _HOST.fullmatch(text)
    if match is None or (match["ipv6"] is not None and not _is_ipv6(match["ipv6"])):
        return False
    try:
        # Python rejects a few that the RFC allows, such as `[V1.a]`, and ports above 65535.
        _ = urlsplit(f"//{text}").port
    except ValueError:
        return False
    return True


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True


def _without_port(netloc: str) -> str:
    host = netloc.rpartition("@")[2]
    return host if host.endswith("]") else host.rsplit(":", 1)[0]


def _bracketed(host: str) -> str:
    return f"[{host}]" if _is_ipv6(host) else host


def _never_authority(path: str) -> str:
    """Escape the second slash of a path with `//` at its start, which would be read as a host."""
    return "/%2F" + path[2:] if path.startswith("//") else path
