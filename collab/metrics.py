"""Counters and histograms of one application, as plain numbers.

An edit pays an addition for each. `api.metrics` names and exports them.
"""

from __future__ import annotations

import contextlib
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

__all__ = ["TURNS", "Histogram", "Metrics"]

COMMIT_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
COMMIT_OPERATIONS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)
DELIVERY_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1)
TURN_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
TURNS = ("frame", "presence", "edit", "publish", "news", "join", "http")
"""Kinds of work that block the event loop: a frame with an edit, or an invalid frame; a presence or
ping frame; an edit that has waited for storage, or came by HTTP; sending committed changes; sending
joins, leaves and moved cursors; a handshake and the join after it; an HTTP request."""
LOOP_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Histogram:
    """Counts of values by bucket, and the sum of all values.

    Args:
        bounds: the inclusive upper bounds of the buckets, ascending. One more bucket counts the
            values above the last.
    """

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        bounds = self.bounds
        # Most values of most histograms are in the first bucket.
        self.counts[0 if value <= bounds[0] else bisect_left(bounds, value)] += 1
        self.sum += value

    @contextlib.contextmanager
    def timed(self) -> Iterator[None]:
        """Observe the duration of the body, in seconds."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.observe(time.monotonic() - started)

    def cumulated(self) -> Iterator[tuple[float, int]]:
        """The upper bounds, the last being infinite, each with the number of values up to it."""
        total = 0
        for bound, count in zip((*self.bounds, float("inf")), self.counts, strict=True):
            total += count
            yield bound, total


class Metrics:
    """The counters of one application. Read and written in its event loop only.

    Bounds: the keys of the `Counter`s are codes and reasons that this program defines.
    """

    __slots__ = (
        "commit_operations",
        "commit_seconds",
        "connections_closed",
        "delivery_seconds",
        "edits_refused",
        "frames_refused",
        "joins",
        "joins_diverged",
        "joins_refused",
        "loop_lag_seconds",
        "presence_frames",
        "received_bytes",
        "requests_refused",
        "resumes",
        "sent_bytes",
        "slow_readers",
        "store_errors",
        "transforms",
        "turn_seconds",
    )

    def __init__(self) -> None:
        self.joins = 0
        self.joins_diverged = 0
        self.resumes = 0
        self.joins_refused: Counter[str] = Counter()
        """By error code."""
        self.requests_refused: Counter[str] = Counter()
        """By error code: HTTP requests and handshakes that were refused before they were
        complete."""
        self.connections_closed: Counter[int] = Counter()
        """Closed by the server, by close code."""
        self.slow_readers = 0
        self.received_bytes = 0
        self.sent_bytes = 0
        self.presence_frames = 0
        self.edits_refused: Counter[str] = Counter()
        """By error code."""
        self.frames_refused: Counter[str] = Counter()
        """Frames other than edits, by error code."""
        self.transforms = 0
        self.commit_operations = Histogram(COMMIT_OPERATIONS)
        """One value for each committed transaction."""
        self.commit_seconds = Histogram(COMMIT_SECONDS)
        """One value for each transaction, committed or failed."""
        self.delivery_seconds = Histogram(DELIVERY_SECONDS)
        """One value for each committed transaction: the time from the commit until its changes were
        written to the last reader that keeps up."""
        self.store_errors: Counter[str] = Counter()
        """By reason."""
        self.loop_lag_seconds = Histogram(LOOP_SECONDS)
        """One value per second: the delay of a timer of the event loop."""
        self.turn_seconds = {what: Histogram(TURN_SECONDS) for what in TURNS}
        """By kind of work: how long each step blocked the event loop."""
