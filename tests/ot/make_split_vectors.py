r"""Write `tests/ot/vectors/split.json` anew.

    python -m tests.ot.make_split_vectors

The tests of the Python and of the JavaScript side both read the file: both clients must cut an
operation that is too large for one edit into the same pieces. It is a list of objects

    type             the name of the document's type
    operation        an operation in normal form
    bytes            how large a piece may be
    pieces           what it is cut into
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from collab.ot import get_type

from .choices import text_of
from .laws import cases_of

__all__ = ["CASES", "VECTORS", "random_case"]

VECTORS = Path(__file__).parent / "vectors" / "split.json"

CASES = 60

TEXT = 'naïve "quotes" \\ \n 漢字 😀 ' * 6
IMAGE = {"image": "data:" + "x" * 150}
FORMAT = {"link": "https://example.org/" + "x" * 150}

CHOSEN: list[tuple[str, int, Any]] = [
    ("text", 64, {"ops": [{"retain": 3}, {"insert": TEXT}, {"delete": 2}]}),
    ("text", 1, {"ops": [{"insert": "a😀b"}, {"delete": 1}]}),
    ("text", 100, {"ops": [{"insert": "x"}, {"retain": 1}] * 20 + [{"delete": 1}]}),
    ("text", 100, {"ops": [{"delete": 1}, {"retain": 2}] * 20 + [{"insert": TEXT}]}),
    ("richtext", 64, {"ops": [{"retain": 3}, {"insert": IMAGE}]}),
    ("richtext", 64, {"ops": [{"insert": IMAGE}, {"insert": IMAGE}, {"insert": TEXT}]}),
    ("richtext", 256, {"ops": [{"insert": TEXT, "attributes": FORMAT}, {"insert": "\n"}]}),
    ("richtext", 64, {"ops": [{"retain": 1, "attributes": FORMAT}, {"retain": 1}] * 3}),
    ("json", 64, [{"p": ["a", 0], "si": TEXT}]),
    ("json", 64, [{"p": ["a", 5], "sd": TEXT}, {"p": ["b"], "na": 1}]),
    ("json", 1, [{"p": ["a", 0], "si": "a😀b"}]),
    (
        "json",
        80,
        [{"p": ["a"], "t": "text0", "o": [{"p": 2, "i": TEXT}, {"p": 0, "d": "old"}]}],
    ),
    ("json", 64, [{"p": ["list", index], "li": index} for index in range(12)]),
    ("json", 64, [{"p": ["a"], "od": {"x": TEXT}, "oi": {"y": TEXT}}]),
    ("json", 64, [{"p": ["list", 3], "ld": [TEXT], "li": None}, {"p": ["b"], "oi": 1}]),
    ("json", 64, [{"p": [], "od": {"x": TEXT}, "oi": {"y": TEXT}}]),
    ("json", 64, [{"p": ["a"], "oi": [TEXT, TEXT]}, {"p": ["b"], "od": TEXT}]),
]


def random_case(random: Random, name: str) -> tuple[str, int, Any]:
    cases = cases_of(name)
    content = cases.content(random.randbytes(40))
    operation = cases.operation(content, random.randbytes(60))
    return name, random.choice([1, 20, 60, 150]), operation


def all_cases() -> Iterator[tuple[str, int, Any]]:
    yield from CHOSEN
    random = Random(1)
    for name in ("text", "richtext", "json"):
        for _ in range(CASES):
            yield random_case(random, name)
    yield "text", 500, {"ops": [{"insert": text_of(random.randbytes(2000))}]}


def vectors() -> list[dict[str, Any]]:
    made = []
    for name, maximum, operation in all_cases():
        kind: Any = get_type(name)
        operation = kind.normalize(operation)
        pieces = kind.split(operation, maximum)
        made.append({"type": name, "operation": operation, "bytes": maximum, "pieces": pieces})
    return made


if __name__ == "__main__":
    lines = [json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in vectors()]
    VECTORS.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
