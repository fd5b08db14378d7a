"""Figures of other servers, measured by a load generator that implements their protocols.

They are stored in benchmarks/results/peers.json, under the names of this package's figures.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from .load import Figures

__all__ = ["Peers"]

# The names that the generator uses.
NAMES = {
    "edits": "edits",
    "editsPerS": "edits_per_second",
    "deliveriesPerS": "deliveries_per_second",
    "cpuUsPerEdit": "server_cpu_us_per_edit",
    "cpuUsPerDelivery": "server_cpu_us_per_delivery",
    "latencyMs.p50": "latency_p50_ms",
    "latencyMs.p95": "latency_p95_ms",
    "latencyMs.p99": "latency_p99_ms",
    "serverCpuPct": "server_cpu_percent",
    "generatorCpuPct": "generator_cpu_percent",
    "otherCpuPct": "others_cpu_percent",
    "connectS": "connect_seconds",
    "cpuUsPerConnect": "cpu_us_per_connect",
    "kbPerConnRss": "resident_kb_per_connection",
    "kbPerConnPss": "proportional_kb_per_connection",
    "idleCpuPct": "idle_cpu_percent",
    "firstJoinMs": "first_join_ms",
    "joinMs": "join_ms",
    "bytes": "join_bytes",
    "growCpuUsPerEdit": "growing_cpu_us_per_edit",
    "confirmed": "acknowledged_edits",
    "missing": "missing_edits",
    "docsWithLoss": "documents_with_loss",
}


class Peers(NamedTuple):
    """Medians by scenario and server, and a description of the run.

    `head` has `at`, `repeat`, `machine`, and `servers`, the versions by name.
    """

    head: dict[str, Any]
    scenarios: dict[str, dict[str, Figures]]

    @classmethod
    def read(cls, path: Path) -> Peers:
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    @classmethod
    def of_generator(cls, path: Path) -> Peers:
        """Read the JSON that the generator of the other servers writes."""
        kept = json.loads(path.read_text(encoding="utf-8"))
        machine = kept["machine"]
        head = {
            "at": kept["at"],
            "repeat": kept["repeat"],
            "machine": f"{machine['cpus']} processors ({machine['model'].strip()}), "
            f"Linux {machine['kernel'].partition('-')[0]}, Node {machine['node']}",
            "servers": {name: each["version"] for name, each in kept["servers"].items()},
        }
        scenarios = {
            name: {server: _named(figures) for server, figures in servers.items()}
            for name, servers in kept["medians"].items()
        }
        return cls(head, scenarios)

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(self._asdict(), indent=1) + "\n", encoding="utf-8")


def _named(figures: dict[str, Any]) -> Figures:
    return {ours: round(figures[name], 4) for name, ours in NAMES.items() if name in figures}
