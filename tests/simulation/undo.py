"""Own undo, as an editor built on the Python client would have it."""

from __future__ import annotations

from typing import Any, NamedTuple

from collab.ot import OperationType

from .violation import Violation
from .writing import text_parts

__all__ = ["OwnUndo"]

MAX_STEPS = 20


class _Step(NamedTuple):
    inverse: Any
    inserted: frozenset[str]
    deleted: frozenset[str]


class OwnUndo:
    """Inverses of this editor's own edits, moved along by every other change of the content."""

    def __init__(self, doc_type: OperationType) -> None:
        self._type = doc_type
        self._steps: list[_Step] = []

    def did(self, operation: Any, content: Any) -> None:
        """An own edit of `content`."""
        self.moved(operation)
        inserted, deleted = self._parts(operation, content)
        inverse = self._type.invert(self._type.normalize(operation), content)
        self._steps.append(_Step(inverse, frozenset(inserted), frozenset(deleted)))
        del self._steps[:-MAX_STEPS]

    def moved(self, operation: Any) -> None:
        """Any other change of the content."""
        move = self._type.transform
        self._steps = [
            step._replace(inverse=move(step.inverse, operation, "right")) for step in self._steps
        ]

    def take(self, content: Any) -> Any:
        """The operation that takes back the last edit; None if there is none.

        Raises:
            Violation: it would delete what others wrote.
        """
        if not self._steps:
            return None
        step = self._steps.pop()
        inserted, deleted = self._parts(step.inverse, content)
        if not (step.inserted.issuperset(deleted) and step.deleted.issuperset(inserted)):
            raise Violation("undo", f"{step.inverse} on {content!r} is more than one's own")
        self.moved(step.inverse)
        return step.inverse

    def _parts(self, operation: Any, content: Any) -> tuple[str, str]:
        return text_parts(operation, content) if self._type.name == "text" else ("", "")
