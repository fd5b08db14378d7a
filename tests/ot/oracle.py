"""quill-delta and ot-json0 under Node, asked about one case after the other."""

from __future__ import annotations

from pathlib import Path

from benchmarks.ot.process import NodeProcess

__all__ = ["Oracle"]

PROGRAMS = {"quill-delta": "oracle_delta.mjs", "ot-json0": "oracle_json.mjs"}


class Oracle(NodeProcess):
    """Answers cases as this package does; a case without content, but with a seed, it makes up."""

    def __init__(self, package: str) -> None:
        super().__init__(Path(__file__).with_name(PROGRAMS[package]))
