"""The interface of operation types: pure functions on plain JSON values.

`text`, `richtext` and `json` of this package are such types; a third party registers its own under
its own name (`collab.ot.register`). No function changes its arguments, and every operation that is
returned is in normal form. A result may share parts with the arguments: treat both as immutable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal, Protocol, runtime_checkable

from .comparing import Search
from .meter import Meter

__all__ = [
    "Applied",
    "Buffer",
    "Comparing",
    "GradualBuffer",
    "Measured",
    "Metered",
    "MeteredBuffer",
    "OperationType",
    "Outlined",
    "Side",
]

Side = Literal["left", "right"]


class Buffer(Protocol):
    """One document's content, changed in place edit by edit.

    The cost of `apply` must not grow with the content: an edit of a document of 10 MB costs about
    as much as one of a document of 1 kB.
    """

    @property
    def size(self) -> int:
        """The content's size, in the unit of `Settings.max_document_size`."""

    def size_after(self, operation: Any) -> int:
        """Return the size of the content after an operation that fits it.

        Raises:
            InvalidOperation: the operation doesn't fit, and the size can't be computed without
                applying it.
        """

    def apply(self, operation: Any) -> None:
        """Apply an operation in normal form.

        Raises:
            InvalidOperation: the operation doesn't fit the content, which is unchanged.
        """

    def content(self) -> Any:
        """Return the content as a plain JSON value. Neither the caller nor the buffer may modify
        it: later edits copy the parts that they change."""


@runtime_checkable
class GradualBuffer(Protocol):
    """An optional extension of a buffer, for content that takes long to encode."""

    def pieces(self) -> Iterator[bytes]:
        """Yield the JSON text of `content` as of the call, in UTF-8, in pieces that take a few
        milliseconds at most. The buffer may be edited in between."""


@runtime_checkable
class MeteredBuffer(Protocol):
    """An optional extension of a buffer: it counts its work, so that `Settings.max_edit_cost`
    applies."""

    def weigh(self, operation: Any, meter: Meter) -> int:
        """As `size_after`; the meter counts the work of this call and of `apply` afterwards.

        Raises:
            InvalidOperation: as `size_after`.
            TooMuchWork: the work exceeds the meter's limit; the content is unchanged.
        """


class Applied(Protocol):
    """An operation that was applied, and its outline for `transform_past`."""

    @property
    def operation(self) -> Any: ...

    @property
    def outline(self) -> Any:
        """The result of the type's `outline`; None if the type has none or it is not known."""


class OperationType(Protocol):
    """A type of document.

    A type may have further methods. These two replace repeated calls of `transform`:
    `outline(operation)` returns the data that is needed to transform other operations over it, and
    `transform_past(operation, others)` returns the operation transformed against all of `others`
    (`Applied`, in order), each of which was committed first.

    `split(operation, max_bytes)` returns a sequence of operations with the same effect, each of
    about that many bytes of JSON text at most. Without it, an editor sends every operation whole,
    whatever its size.

    `filling(content)` is a generator that makes the same buffer as `buffer(content)` in steps of a
    few milliseconds.
    """

    @property
    def name(self) -> str:
        """The `doc_type` of the protocol."""

    def create(self, content: Any = None) -> Any:
        """Return the checked content of a new document; None makes the empty one.

        Raises:
            InvalidOperation: this is not content of this type.
        """

    def check(self, operation: Any) -> None:
        """Raise `InvalidOperation` for any JSON value that is not an operation of this type."""

    def normalize(self, operation: Any) -> Any:
        """Check any JSON value and return its one normal form, in one pass.

        Raises:
            InvalidOperation: it is not an operation of this type.
        """

    def apply(self, content: Any, operation: Any) -> Any:
        """Return the content after a checked operation; `InvalidOperation` if it doesn't fit."""

    def compose(self, first: Any, second: Any) -> Any:
        """Return one operation with the effect of `first`, then `second`."""

    def transform(self, operation: Any, other: Any, side: Side) -> Any:
        """Return `operation` as it applies after `other`, where both were made on one content.

        `side` is `"left"` if `operation` was committed first, else `"right"`.
        """

    def invert(self, operation: Any, content: Any) -> Any:
        """Return the operation that undoes `operation`; `content` is from before it."""

    def difference(self, before: Any, after: Any) -> Any:
        """Return an operation that turns checked content `before` into `after`."""

    def transform_cursor(self, offset: int, operation: Any, own: bool) -> int:
        """Return a cursor's offset after `operation`, made by the cursor's own editor if `own`."""

    def buffer(self, content: Any) -> Buffer:
        """Return a buffer with checked content; `PlainBuffer` suits a type without its own."""


@runtime_checkable
class Outlined(Protocol):
    """An optional extension of a type: cursors are moved by an operation's outline, so that the
    operation is not decoded again for each cursor."""

    def outline(self, operation: Any) -> Any:
        """Return the outline of an operation, which is not None."""

    def move_offset(self, offset: int, outline: Any, own: bool) -> int:
        """As `transform_cursor`, with the operation's outline."""


@runtime_checkable
class Metered(Protocol):
    """An optional extension of a type: it counts the work of transforming while doing it.

    With it, `Settings.max_transform_cost` applies to the type. A step is about a microsecond.
    """

    def count(self, operation: Any) -> int:
        """Return the number of components of an operation in normal form."""

    def transform_metered(self, operation: Any, others: Iterable[Applied], meter: Meter) -> Any:
        """Return `operation` transformed against all of `others`, in order, each of which was
        committed first.

        Raises:
            TooMuchWork: the work exceeds the meter's limit.
        """


@runtime_checkable
class Measured(Protocol):
    """An alternative to `Metered`: it estimates the work of transforming in advance.

    It suits a type whose operations do not grow while they are transformed.
    """

    def count(self, operation: Any) -> int:
        """Return the number of components of an operation in normal form."""

    def transform_steps(self, components: int, changes: int, theirs: int) -> int:
        """Return an upper bound of the steps to transform an operation of `components` components
        over `changes` changes with `theirs` components in total."""


@runtime_checkable
class Comparing(Protocol):
    """An optional extension of a type: it computes a difference in steps and counts the work.

    Then restoring an old version does not block the server, and `Settings.max_restore_cost`
    applies. The content that its buffers return must stay unchanged while the buffers are edited.
    """

    def compare(self, before: Any, after: Any, meter: Meter) -> Search[Any]:
        """As `difference`, in a generator that yields every few hundred steps.

        Raises:
            TooLarge: no operation within the type's limits was found.
            TooMuchWork: the work exceeds the meter's limit.
        """
