"""What is counted while the program runs: plain numbers, gathered in one place.

On the way of an edit they cost an addition. What they are called outside, and who may read them, is
the business of `api.metrics`.
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
"""What holds the event loop: a frame with an edit, or one that can't be read; one with a presence
or ping; an edit that has waited for storage, or came by HTTP; what a commit brought going out; who
came, went and moved; a handshake and what follows it until it is served; a request."""
LOOP_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Histogram:
    """How often a value fell into which bucket, and the sum of all.

    Args:
        bounds: the upper bounds of the buckets, rising, each within its bucket; one more bucket
            takes what is above the last.
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
        """Observe how many seconds the body takes."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.observe(time.monotonic() - started)

    def cumulated(self) -> Iterator[tuple[float, int]]:
        """Each upper bound, the last being infinite, and how many values were not above it."""
        total = 0
        for bound, count in zip((*self.bounds, float("inf")), self.counts, strict=True):
            total += count
            yield bound, total


class Metrics:
    """The counters of one application. Read and written in its event loop only.

    Bounds: the keys of the `Counter`s are codes and reasons that the program itself makes up.
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
        """By the code of the error."""
        self.requests_refused: Counter[str] = Counter()
        """By the code of the error: HTTP requests and handshakes, before they are complete."""
        self.connections_closed: Counter[int] = Counter()
        """By the server, by close code."""
        self.slow_readers = 0
        self.received_bytes = 0
        self.sent_bytes = 0
        self.presence_frames = 0
        self.edits_refused: Counter[str] = Counter()
        """By the code of the error."""
        self.frames_refused: Counter[str] = Counter()
        """Frames that are no edits, by the code of the error."""
        self.transforms = 0
        self.commit_operations = Histogram(COMMIT_OPERATIONS)
        """One value for each transaction that was stored."""
        self.commit_seconds = Histogram(COMMIT_SECONDS)
        """One value for each transaction, stored or not."""
        self.delivery_seconds = Histogram(DELIVERY_SECONDS)
        """One value for each transaction that was stored: how long after its commit the last of the
        readers who keep up had been written what it brought."""
        self.store_errors: Counter[str] = Counter()
        """By reason."""
        self.loop_lag_seconds = Histogram(LOOP_SECONDS)
        """One value a second: how much later than it should the event loop turned to it."""
        self.turn_seconds = {what: Histogram(TURN_SECONDS) for what in TURNS}
        """By what ran: how long it held the event loop, from one wait to the next."""
