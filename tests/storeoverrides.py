"""Methods in the place of those of a real store: how tests have it fail, wait or count."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from collab.storage import Store

__all__ = ["StoreOverrides"]


class StoreOverrides:
    """Takes the place of the methods of its own names, whichever part of the store has them.

    `real` has the store's own methods.
    """

    def __init__(self, store: Store) -> None:
        self.real: Any = SimpleNamespace()
        for part in (store.operations, store.snapshots, store.catalog, store.grants):
            for name in dir(part):
                method = getattr(part, name)
                if not name.startswith("_") and callable(method):
                    setattr(self.real, name, method)
                    if hasattr(type(self), name):
                        setattr(part, name, getattr(self, name))
