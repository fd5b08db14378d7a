"""collab: the collaborative document server for Python.

app.mount("/collab", collab.create_app(collab.Settings()))

The names below are imported on first use, so a program that imports one part, such as
`collab.client`, does not load the server.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .app import Collab, create_app
    from .auth import Role, User
    from .errors import CollabError
    from .manager import DocumentManager
    from .sessions import Connection
    from .settings import Settings

__all__ = [
    "Collab",
    "CollabError",
    "Connection",
    "DocumentManager",
    "Role",
    "Settings",
    "User",
    "__version__",
    "create_app",
]

__version__ = "0.1.0"

# With `__getattr__`, a type checker would accept every name.
if not TYPE_CHECKING:
    _MODULES = {
        "Collab": "app",
        "CollabError": "errors",
        "Connection": "sessions",
        "DocumentManager": "manager",
        "Role": "auth",
        "Settings": "settings",
        "User": "auth",
        "create_app": "app",
    }

    def __getattr__(name):
        from importlib import import_module

        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f".{_MODULES[name]}", __name__), name)
        globals()[name] = value
        return value

    def __dir__():
        return sorted({*globals(), *__all__})
