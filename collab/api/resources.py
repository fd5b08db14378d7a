"""The routes of the HTTP API, made of its endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..asgi.requests import Request
from ..asgi.responses import Response
from ..asgi.routing import Route
from ..errors import CollabError, MethodNotAllowed, NoSuchResource
from .endpoints import Endpoint
from .guard import Guard
from .json import error_response

__all__ = ["Resource", "resources"]


class Resource(Route):
    """A path with the endpoint of each of its methods; errors are answered as JSON.

    Other methods are answered with 405, a path that has no endpoint at all with 404.
    """

    def __init__(self, path: str, guard: Guard, endpoints: Mapping[str, Endpoint]) -> None:
        super().__init__(path, self._answer)
        # All, also those that are not known yet: `_answer` refuses them.
        self.methods = None
        self.endpoints = endpoints
        self._guard = guard

    async def _answer(self, request: Request) -> Response:
        try:
            return await self._guard.call(self._endpoint(request), request)
        except CollabError as error:
            response = error_response(error)
            if isinstance(error, MethodNotAllowed):
                response.headers["allow"] = ", ".join(sorted(self.endpoints))
            return response

    def _endpoint(self, request: Request) -> Endpoint:
        endpoint = self.endpoints.get(request.method)
        if endpoint is not None:
            return endpoint
        if not self.endpoints:
            raise NoSuchResource(f"there is nothing at {request.scope['path'][:200]}")
        raise MethodNotAllowed(
            f"got {request.method[:40]}, expected one of {', '.join(sorted(self.endpoints))}"
        )


def resources(guard: Guard, endpoints: Iterable[Endpoint]) -> list[Resource]:
    """A route for each path, in the order of the endpoints."""
    paths: dict[str, dict[str, Endpoint]] = {}
    for endpoint in endpoints:
        methods = paths.setdefault(endpoint.path, {})
        assert endpoint.method not in methods, endpoint
        methods[endpoint.method] = endpoint
        if endpoint.method == "GET":
            methods["HEAD"] = endpoint
    return [Resource(path, guard, methods) for path, methods in paths.items()]
