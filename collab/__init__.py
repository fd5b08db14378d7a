"""collab: the collaborative document server for Python.

app.mount("/collab", collab.create_app(collab.Settings()))
"""

from .app import Collab, create_app
from .auth import Role, User
from .documents import Connection, DocumentManager
from .errors import CollabError
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
