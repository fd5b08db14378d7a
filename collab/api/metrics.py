"""`/metrics`, for Prometheus.

The numbers are plain ones (`collab.metrics`); what Prometheus's library needs is made of them when
somebody asks. Each application has a registry of its own, so that two in one process don't clash.
"""

from __future__ import annotations

import hmac
import re

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder

from ..asgi.requests import Request
from ..asgi.responses import Response
from ..errors import ConfigurationError, NoSuchResource, Unauthorized
from ..manager import DocumentManager
from .collector import ManagerCollector
from .endpoints import Call, Endpoint, Nothing

__all__ = ["metrics_endpoints", "registry_of"]

_TOKEN = re.compile(r"[!-~]{16,}")


def registry_of(manager: DocumentManager) -> CollectorRegistry:
    """A registry with what there is to tell of this application and its process."""
    registry = CollectorRegistry()
    registry.register(ManagerCollector(manager))
    ProcessCollector(registry=registry)
    return registry


def metrics_endpoints(registry: CollectorRegistry, token: str, *, is_open: bool) -> list[Endpoint]:
    """`/metrics`, for who sends the token as `Authorization: Bearer …`.

    Args:
        token: if there is none, the metrics are shown to everybody or, unless `is_open`, to nobody.

    Raises:
        ConfigurationError: the token is too short, or can't be sent in a header.
    """
    if token and not _TOKEN.fullmatch(token):
        raise ConfigurationError(
            f"metrics_token has {len(token)} characters: expected 16 or more, of visible ASCII"
        )

    def check(request: Request) -> None:
        if token:
            _check_token(request, token)
        elif not is_open:
            raise NoSuchResource("there are no metrics here unless metrics_token is set")

    async def metrics(call: Call[Nothing, Nothing]) -> Response:
        check(call.request)
        encode, content_type = choose_encoder(call.request.headers.get("accept", ""))
        headers = {"content-type": content_type, "cache-control": "no-store"}
        return Response(encode(registry), headers=headers)

    return [Endpoint(method="GET", path="/metrics", handler=metrics, needs="anyone")]


def _check_token(request: Request, token: str) -> None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    same = hmac.compare_digest(given.strip().encode(), token.encode())
    if scheme.lower() != "bearer" or not same:
        raise Unauthorized("the metrics take metrics_token, as `Authorization: Bearer …`")
