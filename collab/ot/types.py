"""What an operation type is: pure functions on plain JSON values.

`text`, `richtext` and `json` of this package are such types; a third party registers its own under
its own name (`collab.ot.register`). No function changes its arguments, and every operation that is
returned is in normal form. What is returned may share parts with the arguments: treat both as
immutable.
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

    The cost of `apply` must not grow with the content: a document of 10 MB is edited for about the
    price of one of 1 kB.
    """

    @property
    def size(self) -> int:
        """The content's size, in the unit of `Settings.max_document_size`."""

    def size_after(self, operation: Any) -> int:
        """The size that the content would have after an operation that fits it.

        Raises:
            InvalidOperation: it doesn't fit, where the size can't be told without applying it.
        """

    def apply(self, operation: Any) -> None:
        """Apply an operation in normal form.

        Raises:
            InvalidOperation: it doesn't fit the content, which is then unchanged.
        """

    def content(self) -> Any:
        """The content as a plain JSON value. Neither the caller changes it, nor does the buffer
        later: an edit copies what it changes of what was given away."""


@runtime_checkable
class GradualBuffer(Protocol):
    """What a buffer may have in addition, where `content` takes long."""

    def pieces(self) -> Iterator[bytes]:
        """The JSON text of `content` as of the call, in UTF-8, in pieces of a few milliseconds at
        most. The buffer may be edited between two of them."""


@runtime_checkable
class MeteredBuffer(Protocol):
    """What a buffer may have in addition: it counts its work, so that
    `Settings.max_edit_cost` holds for it."""

    def weigh(self, operation: Any, meter: Meter) -> int:
        """As `size_after`, where the meter counts the work, also that of `apply` afterwards.

        Raises:
            InvalidOperation: as by `size_after`.
            TooMuchWork: it takes more than the meter allows; the content is unchanged.
        """


class Applied(Protocol):
    """An operation that was applied, and what its type keeps of it for `transform_past`."""

    @property
    def operation(self) -> Any: ...

    @property
    def outline(self) -> Any:
        """What the type's `outline` gave for it; None if there is none, or it is not known."""


class OperationType(Protocol):
    """A type of document.

    A type may also have these two, which are used in the place of one `transform` after the other:
    `outline(operation)`, what of an operation is needed again and again, and
    `transform_past(operation, others)`, the operation as it must be after all of `others`
    (`Applied`, in order), each of which was committed first.

    And `split(operation, max_bytes)`: pieces that, applied one after the other, are the
    operation, each of about so many bytes of JSON text at most. Without it, an editor sends an
    operation as it was made, however large it is.

    And `filling(content)`, a generator that makes what `buffer(content)` gives in steps of a few
    milliseconds, where that takes longer.
    """

    @property
    def name(self) -> str:
        """The `doc_type` of the protocol."""

    def create(self, content: Any = None) -> Any:
        """Checked content of a new document; None makes the empty one.

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
        """The content after a checked operation; `InvalidOperation` if it doesn't fit."""

    def compose(self, first: Any, second: Any) -> Any:
        """One operation with the effect of `first`, then `second`."""

    def transform(self, operation: Any, other: Any, side: Side) -> Any:
        """`operation` as it must be when `other` was applied before it.

        `side` is `"left"` when `operation` was committed first, else `"right"`.
        """

    def invert(self, operation: Any, content: Any) -> Any:
        """The operation that takes `operation` back; `content` is from before it."""

    def difference(self, before: Any, after: Any) -> Any:
        """An operation that makes checked content `before` into `after`."""

    def transform_cursor(self, offset: int, operation: Any, own: bool) -> int:
        """Where a cursor stands after `operation`, which its own editor made if `own`."""

    def buffer(self, content: Any) -> Buffer:
        """A buffer that holds checked content; `PlainBuffer` where a type has none of its own."""


@runtime_checkable
class Outlined(Protocol):
    """What a type may have in addition: cursors are moved by what is kept of an operation, which is
    then not decoded again for each of them."""

    def outline(self, operation: Any) -> Any:
        """What is kept of an operation; not None."""

    def move_offset(self, offset: int, outline: Any, own: bool) -> int:
        """As `transform_cursor`, by the operation's outline."""


@runtime_checkable
class Metered(Protocol):
    """What a type may have in addition: it counts the work of transforming while it does it.

    With it, `Settings.max_transform_cost` holds for the type. A step is about a microsecond.
    """

    def count(self, operation: Any) -> int:
        """How many components an operation in normal form has."""

    def transform_metered(self, operation: Any, others: Iterable[Applied], meter: Meter) -> Any:
        """`operation` as it must be after all of `others`, in order, each of which was committed
        first.

        Raises:
            TooMuchWork: it takes more than the meter allows.
        """


@runtime_checkable
class Measured(Protocol):
    """What a type may have instead: it tells in advance how much work it is to transform.

    That is right for a type whose operations do not grow while they are transformed.
    """

    def count(self, operation: Any) -> int:
        """How many components an operation in normal form has."""

    def transform_steps(self, components: int, changes: int, theirs: int) -> int:
        """At most how many steps it takes to transform an operation of so many components over so
        many changes, which have `theirs` components together."""


@runtime_checkable
class Comparing(Protocol):
    """What a type may have in addition: it looks for a difference in turns and counts the work, so
    that restoring an old version holds nobody up and `Settings.max_restore_cost` bounds it.

    What its buffers give as content must stay as it is while they change.
    """

    def compare(self, before: Any, after: Any, meter: Meter) -> Search[Any]:
        """As `difference`, but it stops every few hundred steps, to be continued.

        Raises:
            TooLarge: no operation that is within the type's limits was found.
            TooMuchWork: it takes more than the meter allows.
        """
