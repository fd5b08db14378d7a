"""The core stands alone, and has the modules that an application moved over asks for."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest

import collab.asgi
from collab.asgi import status
from collab.asgi.types import ASGIApp, Receive, Send

from .toolkits import THEIRS

ROOT = Path(collab.asgi.__file__).parent
SOURCES = sorted(ROOT.rglob("*.py"))
ALLOWED = {"asgiref", "httpx2"}

NAMES = {
    "applications": "Starlette",
    "background": "BackgroundTask BackgroundTasks",
    "concurrency": "run_in_threadpool iterate_in_threadpool",
    "convertors": "Convertor register_url_convertor",
    "datastructures": "URL URLPath Headers MutableHeaders QueryParams ImmutableMultiDict MultiDict "
    "State Address",
    "endpoints": "HTTPEndpoint WebSocketEndpoint",
    "exceptions": "HTTPException WebSocketException",
    "middleware": "Middleware",
    "middleware.errors": "ServerErrorMiddleware",
    "middleware.exceptions": "ExceptionMiddleware",
    "requests": "HTTPConnection Request ClientDisconnect",
    "responses": "Response PlainTextResponse HTMLResponse JSONResponse RedirectResponse "
    "StreamingResponse FileResponse",
    "routing": "Route WebSocketRoute Mount Router BaseRoute Match NoMatchFound",
    "status": "HTTP_200_OK WS_1000_NORMAL_CLOSURE",
    "testclient": "TestClient WebSocketTestSession WebSocketDenialResponse",
    "types": "ASGIApp Scope Message Receive Send Lifespan ExceptionHandler",
    "websockets": "WebSocket WebSocketState WebSocketDisconnect WebSocketClose",
}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_its_own_package_and_asgiref(source: Path) -> None:
    import sys

    depth = len(source.relative_to(ROOT).parts)
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            imported = {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            imported = {str(node.module).split(".")[0]}
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= depth, f"{source}:{node.lineno} leaves the package"
            continue
        else:
            continue
        # Known to type checkers only: it is not needed to run.
        imported -= {"typing_extensions"} if _is_type_checking_only(source, node) else set()
        assert imported <= ALLOWED | sys.stdlib_module_names
        assert "httpx2" not in imported or source.name.startswith("test")


def _is_type_checking_only(source: Path, node: ast.stmt) -> bool:
    for block in ast.walk(ast.parse(source.read_text())):
        if isinstance(block, ast.If) and getattr(block.test, "id", "") == "TYPE_CHECKING":
            return any(getattr(inner, "lineno", 0) == node.lineno for inner in block.body)
    return False


@pytest.mark.parametrize("module", NAMES)
def test_a_name_of_starlettes_is_found_under_ours(module: str) -> None:
    mine = import_module(f"collab.asgi.{module}")
    for name in NAMES[module].split():
        assert hasattr(THEIRS.module(module), name)
        assert getattr(mine, name) is not None
        assert name in getattr(mine, "__all__", [name])


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_has_all_that_it_says_it_has(source: Path) -> None:
    relative = source.relative_to(ROOT).with_suffix("")
    parts = [part for part in relative.parts if part != "__init__"]
    module = import_module(".".join(["collab.asgi", *parts]))
    for name in getattr(module, "__all__", ()):
        assert hasattr(module, name)


def test_status_codes_are_those_of_starlette() -> None:
    codes = {name: value for name, value in vars(status).items() if name.isupper()}
    assert codes == {name: getattr(THEIRS.status, name) for name in THEIRS.status.__all__}


def test_the_types_are_those_of_asgiref() -> None:
    from asgiref import typing

    assert Receive is typing.ASGIReceiveCallable
    assert Send is typing.ASGISendCallable
    arguments, _ = get_args(ASGIApp)
    assert arguments[1:] == [Receive, Send]
