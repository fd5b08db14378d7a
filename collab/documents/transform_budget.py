"""How much work one edit or one presence is, and how much it may be.

A step is about a microsecond. What is worked for an edit is counted where it is done, by the
operation type's own loops, and comes together here as one number for each edit (`Work.steps`) and
for each presence (`TransformBudget.presence_steps`): its author is charged that.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, cast

from ..errors import TooLarge, VersionGone
from ..limits.token_bucket import TokenBucket
from ..ot import Buffer, Measured, Metered, MeteredBuffer, OperationType
from ..ot.meter import Meter, TooMuchWork
from ..ot.values import count
from ..settings import Settings
from .history import Change

__all__ = [
    "STEPS_OF_ASKING",
    "STEPS_OF_READING",
    "TransformBudget",
    "Work",
    "check_values",
    "steps_of_frame",
    "steps_of_size",
]

STEPS_OF_EDIT = 10
"""What every edit is, however small: it is given a record, a place in the history and a commit."""

STEPS_OF_PRESENCE = 10
"""The same of a presence."""

STEPS_OF_READING = 10
"""What it is to read one operation from the database and decode it."""

STEPS_OF_ASKING = 500
"""What it is to wait for the database's writer, and see what is stored."""

CHARACTERS_OF_STEP = 32
"""So many characters of JSON are decoded, checked and written in the time of one step."""

LONG_STEPS = 2000
"""To transform an operation takes long if it may take more than this: it is done in turns then."""

CLOSE = 8

SMALL = 1024
"""An operation of no more characters is taken to have a value for every `CHARACTERS_OF_VALUE`."""

CHARACTERS_OF_VALUE = 8


def steps_of_size(length: int) -> int:
    """The work to handle JSON of so many characters or bytes, however it turns out."""
    return length // CHARACTERS_OF_STEP


def steps_of_form(operation: Any, length: int) -> int:
    """The work to decode, check and write an operation whose JSON has so many characters."""
    if length <= SMALL:
        return length // CHARACTERS_OF_VALUE
    return steps_of_size(length) + count(operation)


def steps_of_frame(operation: Any, size: int, limit: int) -> int:
    """The work to decode and check an edit frame of so many bytes, where no more comes of it."""
    if size <= SMALL:
        return steps_of_size(size)
    return steps_of_size(size) + min(count(operation, limit), limit)


def check_values(operation: Any, size: int, limit: int) -> None:
    """Check how many JSON values an edit frame of so many bytes brings.

    Raises:
        TooLarge: more than `limit`.
    """
    # No value has less than two characters, the comma included.
    if size > 2 * limit and count(operation, limit) > limit:
        raise TooLarge(
            f"the operation has more than {limit} JSON values, which is the limit "
            "(max_operation_values): send it as several smaller edits"
        )


class Work:
    """The work for one edit: `steps` is what it has come to, whether it succeeded or not."""

    __slots__ = ("_applying", "_form", "_measured", "_transforming")

    def __init__(self, max_transform: int, max_apply: int) -> None:
        self._transforming = Meter(max_transform)
        self._applying = Meter(max_apply)
        self._form = STEPS_OF_EDIT
        self._measured = 0

    @property
    def steps(self) -> int:
        return self._form + self._measured + self._transforming.spent + self._applying.spent

    def measure(self, steps: int) -> None:
        """Add what the type has told in advance."""
        self._measured += steps

    def accept(self, operation: Any, length: int) -> None:
        """Add the form of the operation, whose JSON has so many characters."""
        self._form += steps_of_form(operation, length)

    def transform(
        self, metered: Metered, operation: Any, version: int, changes: Sequence[Change]
    ) -> Any:
        """The operation made on `version` after the changes since.

        Raises:
            VersionGone: it is too much work.
        """
        try:
            return metered.transform_metered(operation, changes, self._transforming)
        except TooMuchWork:
            raise VersionGone(
                f"to bring an edit of {metered.count(operation)} components up to date from "
                f"version {version}, with {len(changes)} changes since, takes more than "
                f"{self._transforming.limit} steps, which is the limit (max_transform_cost): "
                "catch up, and send it on the newest version"
            ) from None

    def weigh(self, buffer: Buffer, operation: Any) -> int:
        """The size that the content will have.

        Raises:
            InvalidOperation: it doesn't fit the content.
            TooLarge: it is too much work to apply.
        """
        # Looking for one name is much faster than asking for the protocol.
        if not hasattr(buffer, "weigh"):
            return buffer.size_after(operation)
        try:
            # Both together hold the event loop at once.
            self._applying.spend(self._transforming.spent)
            self._transforming.spent = 0
            return cast(MeteredBuffer, buffer).weigh(operation, self._applying)
        except TooMuchWork:
            raise TooLarge(
                f"to apply the edit takes more than {self._applying.limit} steps, which is the "
                "limit (max_edit_cost): it changes too much at once, send several edits"
            ) from None


class TransformBudget:
    """The limits of the work for one edit: `max_transform_operations`,
    `max_transform_cost`, `max_transform_bytes` and `max_edit_cost`.

    An editor that is refused with `version_gone` transforms the edit itself and sends it on the
    newest version. A type that does not tell its work (`Metered` or `Measured`) is not limited in
    steps.
    """

    def __init__(self, doc_type: OperationType, settings: Settings) -> None:
        self._metered = doc_type if isinstance(doc_type, Metered) else None
        self._measured = doc_type if isinstance(doc_type, Measured) else None
        self._transform = getattr(doc_type, "transform_past", None) or _one_by_one(doc_type)
        self._outline = getattr(doc_type, "outline", None)
        self._max_changes = settings.max_transform_operations
        self._max_bytes = settings.max_transform_bytes
        self._max_steps = settings.max_transform_cost
        self._max_to_apply = settings.max_edit_cost
        self._rate = settings.edit_cost_per_second
        self._burst = settings.edit_cost_burst

    def allowance(self) -> TokenBucket:
        """The steps that may be worked for one editor: `edit_cost_per_second`, after
        `edit_cost_burst` at once."""
        return TokenBucket(self._rate, self._burst)

    def begin(self, *, is_bounded: bool) -> Work:
        """The work for one edit; `max_edit_cost` is for those that are bounded."""
        return Work(self._max_steps, self._max_to_apply if is_bounded else sys.maxsize)

    def outline(self, operation: Any) -> Any:
        """What is kept of an operation so that others are carried past it; None if nothing."""
        return None if self._outline is None else self._outline(operation)

    def components(self, operation: Any) -> int:
        """How many components an operation in normal form has."""
        counted = self._metered or self._measured
        return 1 if counted is None else counted.count(operation)

    def presence_steps(self, components: int) -> int:
        """The work for a presence whose cursor is to be moved over changes that have this many
        components together."""
        return STEPS_OF_PRESENCE + components

    def takes_long(self, operation: Any, changes: int, components: int) -> bool:
        """Whether an operation in normal form is better transformed in turns (`carry`).

        Args:
            changes: how many there are since its version.
            components: how many they have together.
        """
        metered = self._metered
        if metered is None or changes + components < LONG_STEPS // CLOSE:
            return False
        own = metered.count(operation)
        # Where both are large, some types compare each component with each.
        return own * changes + components + own * components // CLOSE > LONG_STEPS

    def carry(self, work: Work, operation: Any, version: int, changes: Sequence[Change]) -> Any:
        """As `transform`, past some of the changes, where that takes long.

        Raises:
            VersionGone: it is too much work.
        """
        assert self._metered is not None
        return work.transform(self._metered, operation, version, changes)

    def check_distance(self, version: int, changes: int) -> None:
        """Raise `VersionGone` if there are more changes since `version` than an edit is transformed
        past."""
        if changes > self._max_changes:
            raise self.too_far(version)

    def transform(
        self,
        work: Work,
        operation: Any,
        version: int,
        changes: Sequence[Change],
        components: Callable[[], int],
    ) -> Any:
        """An operation made on `version` after the changes since.

        Args:
            components: tells how many they have together.

        Raises:
            VersionGone: it is too much work.
        """
        self.check_distance(version, len(changes))
        if self._metered is not None:
            return work.transform(self._metered, operation, version, changes)
        theirs = components()
        if self._measured is not None:
            self._check(self._measured, operation, version, len(changes), theirs, work)
        else:
            work.measure(theirs)
        return self._transform(operation, changes)

    def _check(
        self,
        measured: Measured,
        operation: Any,
        version: int,
        changes: int,
        components: int,
        work: Work,
    ) -> None:
        own = measured.count(operation)
        steps = measured.transform_steps(own, changes, components)
        if steps > self._max_steps:
            raise VersionGone(
                f"to bring an edit of {own} components up to date from version {version}, with "
                f"{changes} changes since, takes {steps} steps, the limit is {self._max_steps} "
                "(max_transform_cost): catch up, and send it on the newest version"
            )
        work.measure(steps)

    def check_recalled(self, version: int, size: int) -> None:
        """Raise `VersionGone` if the changes since `version` that had to be read from storage are
        of more bytes than may be read for one edit."""
        if size > self._max_bytes:
            raise VersionGone(
                f"the changes since version {version} have more than {self._max_bytes} bytes, "
                "which is the limit (max_transform_bytes): catch up, and send the edit on the "
                "newest version"
            )

    def too_far(self, version: int) -> VersionGone:
        """The refusal of an edit on a version too old, however small it is."""
        return VersionGone(
            f"version {version} is too far behind: an edit may be at most {self._max_changes} "
            "versions behind (max_transform_operations); reconnect with the last version seen, "
            "and send the edit on the newest"
        )


def _one_by_one(doc_type: OperationType) -> Callable[[Any, Sequence[Change]], Any]:
    def transform(operation: Any, others: Sequence[Change]) -> Any:
        for other in others:
            operation = doc_type.transform(operation, other.operation, "right")
        return operation

    return transform
