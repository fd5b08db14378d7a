"""What there is to tell of one application, in Prometheus's terms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import TypeVar

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from ..errors import (
    CollabError,
    ConfigurationError,
    EditError,
    FrameError,
    Internal,
    RateLimited,
    RequestTimeout,
    ServerBusy,
    StorageError,
    TooLarge,
)
from ..manager import DocumentManager
from ..metrics import Histogram

__all__ = ["ManagerCollector"]

# These series are there from the start: of one that begins with its first event, Prometheus doesn't
# see that event.
CLOSE_CODES = (1001, 1003, 1008, 1009, 1011, 1013, 4404, 4409, 4410)
STORE_ERRORS = (
    "conflict",
    "damaged",
    "full",
    "io",
    "locked",
    "missing",
    "other",
    "permission",
    "read_only",
    "refused",
    "timeout",
    "unexpected",
    "unreachable",
)
K = TypeVar("K", str, int)
REQUEST_ERRORS = (RateLimited.code, RequestTimeout.code, ServerBusy.code, TooLarge.code)
FRAME_ERRORS = (FrameError, EditError, StorageError, Internal)


class ManagerCollector(Collector):
    """Everything of one application, as of the moment of asking."""

    def __init__(self, manager: DocumentManager) -> None:
        self._manager = manager

    def collect(self) -> Iterable[Metric]:
        yield from self._now()
        yield from self._connections()
        yield from self._edits()
        yield from self._storage()

    def _now(self) -> Iterable[Metric]:
        manager = self._manager
        yield _labelled(
            GaugeMetricFamily(
                "collab_build_info",
                "Always 1; the label is the version of the program.",
                labels=["version"],
            ),
            {version("collab-server"): 1},
        )
        links = Counter({"direct": 0, "host": 0})
        links.update(each.transport_kind for each in manager.connections)
        yield _labelled(
            GaugeMetricFamily(
                "collab_connections",
                "Open connections: direct ones of our own server, those over a host's WebSockets.",
                labels=["link"],
            ),
            links,
        )
        yield GaugeMetricFamily(
            "collab_connections_behind",
            "Connections whose peer has not yet taken what was written last.",
            sum(each.sending_since is not None for each in manager.connections),
        )
        yield GaugeMetricFamily(
            "collab_documents", "Documents held in memory.", len(manager.documents)
        )
        histories = [document.history for document in manager.documents.values()]
        yield GaugeMetricFamily(
            "collab_edits_uncommitted",
            "Edits that were taken and wait for their commit.",
            sum(history.accepted - history.head for history in histories),
        )

    def _connections(self) -> Iterable[Metric]:
        metrics = self._manager.metrics
        yield CounterMetricFamily(
            "collab_joins", "Joins that were sent the whole document.", metrics.joins
        )
        yield CounterMetricFamily(
            "collab_joins_diverged",
            "Joins of editors that had a version which is not of the document's history.",
            metrics.joins_diverged,
        )
        yield CounterMetricFamily(
            "collab_resumes", "Joins that went on from the version they had.", metrics.resumes
        )
        yield _labelled(
            CounterMetricFamily(
                "collab_joins_refused", "Joins refused, by the code of the error.", labels=["code"]
            ),
            _from_zero(_codes(CollabError), metrics.joins_refused),
        )
        yield _labelled(
            CounterMetricFamily(
                "collab_requests_refused",
                "Requests and handshakes that were too slow, too large or too many, by code.",
                labels=["code"],
            ),
            _from_zero(REQUEST_ERRORS, metrics.requests_refused),
        )
        yield _labelled(
            CounterMetricFamily(
                "collab_connections_closed",
                "Connections that the server closed, by close code.",
                labels=["code"],
            ),
            _from_zero(CLOSE_CODES, metrics.connections_closed),
        )
        yield CounterMetricFamily(
            "collab_slow_readers_closed",
            "Connections closed because their peer took too little for too long, of HTTP too.",
            metrics.slow_readers,
        )
        yield CounterMetricFamily(
            "collab_received_bytes",
            "Size of the messages received.",
            metrics.received_bytes,
        )
        yield CounterMetricFamily(
            "collab_sent_bytes", "Size of the frames written to readers.", metrics.sent_bytes
        )
        yield CounterMetricFamily(
            "collab_presence_frames", "Presence frames received.", metrics.presence_frames
        )
        yield _histogram(
            "collab_loop_lag_seconds",
            "How late the event loop comes to what is due; one sample a second.",
            metrics.loop_lag_seconds,
        )
        turns = HistogramMetricFamily(
            "collab_loop_turn_seconds",
            "How long one thing held the event loop, by what ran.",
            labels=["what"],
        )
        for what, histogram in metrics.turn_seconds.items():
            turns.add_metric([what], _buckets(histogram), histogram.sum)
        yield turns

    def _edits(self) -> Iterable[Metric]:
        metrics = self._manager.metrics
        yield CounterMetricFamily(
            "collab_edits_accepted",
            "Edits committed, and so acknowledged.",
            metrics.commit_operations.sum,
        )
        yield _labelled(
            CounterMetricFamily(
                "collab_edits_refused", "Edits refused, by the code of the error.", labels=["code"]
            ),
            _from_zero(_codes(*FRAME_ERRORS), metrics.edits_refused),
        )
        yield _labelled(
            CounterMetricFamily(
                "collab_frames_refused",
                "Frames refused that are no edits, by the code of the error.",
                labels=["code"],
            ),
            _from_zero(_codes(*FRAME_ERRORS), metrics.frames_refused),
        )
        yield CounterMetricFamily(
            "collab_transforms",
            "Changes that edits were transformed over; divided by the edits, how many each was.",
            metrics.transforms,
        )

    def _storage(self) -> Iterable[Metric]:
        metrics = self._manager.metrics
        yield _histogram(
            "collab_commit_operations",
            "How many edits a transaction stored.",
            metrics.commit_operations,
        )
        yield _histogram(
            "collab_commit_seconds",
            "How long a transaction took, stored or not, as the event loop saw it.",
            metrics.commit_seconds,
        )
        yield _histogram(
            "collab_delivery_seconds",
            "From a commit to the moment when every reader that keeps up has been written it.",
            metrics.delivery_seconds,
        )
        yield _labelled(
            CounterMetricFamily(
                "collab_store_errors", "Transactions that failed, by reason.", labels=["reason"]
            ),
            _from_zero(STORE_ERRORS, metrics.store_errors),
        )


def _codes(*roots: type[CollabError]) -> set[str]:
    """The codes of these errors and of all their kinds."""
    codes = {root.code for root in roots}
    for root in roots:
        codes |= _codes(*root.__subclasses__())
    return codes - {ConfigurationError.code}


def _from_zero(keys: Iterable[object], counted: Mapping[K, int]) -> dict[str, int]:
    return {str(key): 0 for key in keys} | {str(key): counted[key] for key in counted}


def _labelled(family: GaugeMetricFamily | CounterMetricFamily, values: Mapping[str, int]) -> Metric:
    for label in sorted(values):
        family.add_metric([label], values[label])
    return family


def _histogram(name: str, help_text: str, histogram: Histogram) -> Metric:
    return HistogramMetricFamily(
        name, help_text, buckets=_buckets(histogram), sum_value=histogram.sum
    )


def _buckets(histogram: Histogram) -> list[tuple[str, int]]:
    return [
        ("+Inf" if bound == float("inf") else repr(float(bound)), count)
        for bound, count in histogram.cumulated()
    ]
