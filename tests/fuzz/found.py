"""Inputs that once showed a fault, kept as data and played again by the suite for ever."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from .inputs import Input

__all__ = ["FOUND", "load", "save"]

FOUND = Path(__file__).with_name("found")


def save(inputs: Sequence[Input], fault: str, folder: Path = FOUND) -> Path:
    """Keep inputs in a file named by them, so that the same are kept once."""
    lines = ",\n  ".join(json.dumps(each.to_json()) for each in inputs)
    text = f'{{"fault": {json.dumps(fault)},\n "inputs": [\n  {lines}\n]}}\n'
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{hashlib.sha256(lines.encode()).hexdigest()[:12]}.json"
    path.write_text(text, encoding="ascii")
    return path


def load(path: Path) -> list[Input]:
    return [Input.of_json(each) for each in json.loads(path.read_text("ascii"))["inputs"]]
