"""Where the chains of checksums end, kept so that an append needs not ask for it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from .records import Append

__all__ = ["ChecksumCache"]


class ChecksumCache:
    """The checksum of a document's newest operation, for documents that were appended to lately.

    One is taken out to be used, and put back only when a commit is known to have succeeded. So
    after a commit that failed, or whose outcome nobody knows, the database is asked again; and
    since an append also compares the checksum that it builds on with the stored one, not even a
    wrong one could break a chain.

    Bound: `maximum`; the one that was used longest ago leaves.
    """

    def __init__(self, maximum: int = 20_000) -> None:
        self._newest: OrderedDict[int, tuple[int, int]] = OrderedDict()
        self._maximum = maximum

    def __len__(self) -> int:
        return len(self._newest)

    def pop(self, batch: Iterable[Append]) -> dict[int, int | None]:
        """By document key, the checksums that these appends build on, as far as they are known."""
        found: dict[int, int | None] = {}
        for append in batch:
            head = self._newest.pop(append.key, None)
            if head is not None and head[0] == append.version:
                found[append.key] = head[1]
        return found

    def put(self, append: Append, checksum: int) -> None:
        """This append is stored, and its last operation has this checksum."""
        self._newest[append.key] = (append.version + len(append.operations), checksum)
        if len(self._newest) > self._maximum:
            self._newest.popitem(last=False)
