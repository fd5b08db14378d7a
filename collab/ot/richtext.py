"""Rich text: operations in the Delta format of Quill, with attributes and embeds.

Content is `{"ops": [inserts]}` in normal form. Lengths and offsets count UTF-16 code units; an
embed counts as one, and a surrogate pair is never split. Results are those of quill-delta 5.1, with
these decisions where it is ambiguous:

- The normal form drops null attributes of an insert: there is nothing to remove. quill-delta would
  keep the null, and an inverse could not restore it.
- A number has one form: 1.0 becomes 1, and a number beyond 2^53 becomes the nearest double.
- The key `__proto__` is refused: browsers don't store it as a member.
- Embeds are replaced, not changed: `{"retain": {…}}` is refused.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from . import delta
from .comparing import Search
from .delta import Operation, RichForm, form
from .delta_type import DeltaType
from .meter import Meter
from .richtext_buffer import RichTextBuffer

__all__ = ["RichTextType"]

MAXIMUM_DEPTH = 16
MAXIMUM_ATTRIBUTES = 100


class RichTextType(DeltaType):
    """The type `richtext`.

    Args:
        max_components: the limit of components in an operation.
        max_depth: the limit of nested lists and objects in an embed.
        attribute_depth: the same for an attribute; 0 allows strings, numbers, booleans and null.
        max_attributes: the limit of attributes of a component, and of each stretch of the content
            after an operation; values nested in one count each.
    """

    name = "richtext"

    def __init__(
        self,
        max_components: int = form.MAXIMUM_COMPONENTS,
        max_depth: int = MAXIMUM_DEPTH,
        attribute_depth: int = 0,
        max_attributes: int = MAXIMUM_ATTRIBUTES,
    ) -> None:
        self._form = RichForm(max_components, max_depth, attribute_depth, max_attributes)
        self._max_attributes = max_attributes

    def create(self, content: Any = None) -> Operation:
        """Return the checked content of a new document in normal form: `{"ops": [inserts]}`."""
        return {"ops": []} if content is None else self._form.content(content)

    def check(self, operation: Any) -> None:
        self._form.normalize(operation)

    def normalize(self, operation: Any) -> Operation:
        return self._form.normalize(operation)

    def apply(self, content: Operation, operation: Operation) -> Operation:
        return {"ops": delta.apply(content["ops"], operation)}

    def invert(self, operation: Operation, content: Operation) -> Operation:
        return delta.invert(operation, content["ops"])

    def difference(self, before: Operation, after: Operation) -> Operation:
        return delta.difference(before["ops"], after["ops"])

    def compare(self, before: Operation, after: Operation, meter: Meter) -> Search[Operation]:
        return delta.compare(before["ops"], after["ops"], self._form.max_components, meter)

    def buffer(self, content: Operation) -> RichTextBuffer:
        return RichTextBuffer(content, self._max_attributes)

    def filling(self, content: Operation) -> Generator[None, None, RichTextBuffer]:
        return RichTextBuffer.filling(content, self._max_attributes)
