"""How much work it may take to bring an edit up to date, and the edits of one editor together."""

from __future__ import annotations

from typing import Any

from ..errors import VersionGone
from ..ot import Measured, OperationType
from ..settings import Settings
from .rate import TokenBucket

__all__ = ["STEPS_OF_ASKING", "STEPS_OF_READING", "Effort", "steps_of_size"]

STEPS_OF_READING = 10
"""What it is to read one operation from the database and decode it."""

STEPS_OF_ASKING = 500
"""What it is to wait for the database's writer, and see what is stored."""

CHARACTERS_OF_STEP = 32
"""So many characters of JSON are decoded, checked and written in the time of one step."""


def steps_of_size(length: int) -> int:
    """The work to handle JSON of so many characters or bytes, however it turns out."""
    return length // CHARACTERS_OF_STEP


class Effort:
    """The limits of transforming: `transform_maximum_operations`, `transform_maximum_steps` and
    `transform_maximum_bytes`.

    Who is refused transforms the edit themselves and sends it on the newest version. The number of
    steps is told by the type, in advance; one that does not tell is not limited by it.
    """

    def __init__(self, doc_type: OperationType, settings: Settings) -> None:
        self._measured = doc_type if isinstance(doc_type, Measured) else None
        self._maximum_changes = settings.transform_maximum_operations
        self._maximum_bytes = settings.transform_maximum_bytes
        self._maximum_steps = settings.transform_maximum_steps
        self._rate = settings.edit_steps_per_second
        self._burst = settings.edit_steps_burst_maximum

    def allowance(self) -> TokenBucket:
        """The steps that may be worked for one editor: `edit_steps_per_second`, after
        `edit_steps_burst_maximum` at once."""
        return TokenBucket(self._rate, self._burst)

    def components(self, operation: Any) -> int:
        """How many components an operation in normal form has."""
        return 1 if self._measured is None else self._measured.count(operation)

    def check(self, operation: Any, version: int, changes: int, components: int) -> int:
        """How many steps it takes to transform an operation made on `version` over this many
        changes since, which have this many components together; where the type does not tell, one
        for each component.

        Raises:
            VersionGone: it is too much.
        """
        if changes > self._maximum_changes:
            raise self.too_far(version)
        if self._measured is None:
            return components
        own = self._measured.count(operation)
        steps = self._measured.transform_steps(own, changes, components)
        if steps > self._maximum_steps:
            raise VersionGone(
                f"to bring an edit of {own} components up to date from version {version}, with "
                f"{changes} changes since, takes {steps} steps, the limit is {self._maximum_steps} "
                "(transform_maximum_steps): catch up, and send it on the newest version"
            )
        return steps

    def check_recalled(self, version: int, size: int) -> None:
        """Raise `VersionGone` if the changes since `version` that had to be read from storage are
        of more bytes than may be read for one edit."""
        if size > self._maximum_bytes:
            raise VersionGone(
                f"the changes since version {version} have more than {self._maximum_bytes} bytes, "
                "which is the limit (transform_maximum_bytes): catch up, and send the edit on the "
                "newest version"
            )

    def too_far(self, version: int) -> VersionGone:
        """The refusal of an edit on a version too old, however small it is."""
        return VersionGone(
            f"version {version} is too far behind: an edit may be at most {self._maximum_changes} "
            "versions behind (transform_maximum_operations); reconnect with the last version seen, "
            "and send the edit on the newest"
        )
