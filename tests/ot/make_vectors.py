r"""Write `tests/ot/vectors/text.json` anew from quill-delta's answers.

    python -m tests.ot.make_vectors

The tests of the Python and of the JavaScript side both read the file. All operations are in normal
form, save where it says otherwise; lengths and offsets count UTF-16 code units. It holds

`cases`: a list of objects
    content          a text
    a, b             two operations on it
    c                an operation on what `a` makes of it
    applied_a        what `a` makes of the content
    applied_b        what `b` makes of it
    merged           the content after both, `a` having been committed first
    compose          `a`, then `c`, as one operation
    transform_left   `a` after `b`, when `a` was committed first
    transform_right  `a` after `b`, when `b` was committed first
    invert_a         what takes `a` back
    raw, normal      an operation in any form, and its normal form
    cursors          offsets in the content
    cursors_own      where these cursors stand after `a`, made by the cursor's own editor
    cursors_other    the same after `a` made by another editor

`invalid`: a list of JSON values that are no operations on text

`misfits`: a list of objects
    content          a text
    operation        a valid operation that doesn't fit it: it reaches beyond the end or splits a
                     surrogate pair
    component        the index of the component at fault
    offset           where in the content that component begins
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

from collab.ot import get_type
from collab.ot.utf16 import length

from .oracle import Oracle
from .text_cases import TextCases, text_of

__all__ = ["VECTORS", "random_case"]

VECTORS = Path(__file__).parent / "vectors" / "text.json"

CASES = 400

INVALID: list[Any] = [
    None,
    True,
    7,
    "ops",
    [],
    [{"insert": "a"}],
    {},
    {"ops": None},
    {"ops": {}},
    {"ops": "insert"},
    {"ops": [], "extra": 1},
    {"op": []},
    {"ops": [None]},
    {"ops": [[]]},
    {"ops": ["a"]},
    {"ops": [1]},
    {"ops": [{}]},
    {"ops": [{"retain": 1, "insert": "a"}]},
    {"ops": [{"retain": 1, "attributes": {"bold": True}}]},
    {"ops": [{"insert": "a", "attributes": {}}]},
    {"ops": [{"keep": 1}]},
    {"ops": [{"Insert": "a"}]},
    {"ops": [{"retain": -1}]},
    {"ops": [{"retain": 1.5}]},
    {"ops": [{"retain": True}]},
    {"ops": [{"retain": "1"}]},
    {"ops": [{"retain": None}]},
    {"ops": [{"retain": {"image": 1}}]},
    {"ops": [{"retain": 2**53}]},
    {"ops": [{"delete": -1}]},
    {"ops": [{"delete": 0.5}]},
    {"ops": [{"delete": False}]},
    {"ops": [{"delete": []}]},
    {"ops": [{"delete": 10**40}]},
    {"ops": [{"retain": 2**53 - 1}, {"delete": 1}]},
    {"ops": [{"insert": 1}]},
    {"ops": [{"insert": None}]},
    {"ops": [{"insert": ["a"]}]},
    {"ops": [{"insert": {"image": "a"}}]},
    {"ops": [{"insert": "\ud83d"}]},
    {"ops": [{"insert": "a\ude00b"}]},
    {"ops": [{"insert": "a"}, {"insert": "\ude00\ud83d"}]},
]

MISFITS: list[dict[str, Any]] = [
    {"content": "", "operation": {"ops": [{"delete": 1}]}, "component": 0, "offset": 0},
    {
        "content": "abc",
        "operation": {"ops": [{"retain": 4}, {"insert": "x"}]},
        "component": 0,
        "offset": 0,
    },
    {
        "content": "abc",
        "operation": {"ops": [{"retain": 2}, {"insert": "x"}, {"delete": 2}]},
        "component": 2,
        "offset": 2,
    },
    {
        "content": "abc",
        "operation": {"ops": [{"delete": 1}, {"retain": 1}, {"delete": 9}]},
        "component": 2,
        "offset": 2,
    },
    {"content": "😀", "operation": {"ops": [{"delete": 1}]}, "component": 0, "offset": 0},
    {
        "content": "😀",
        "operation": {"ops": [{"retain": 1}, {"insert": "x"}]},
        "component": 0,
        "offset": 0,
    },
    {
        "content": "a😀b",
        "operation": {"ops": [{"retain": 1}, {"insert": "x"}, {"delete": 1}]},
        "component": 2,
        "offset": 1,
    },
    {
        "content": "a😀b",
        "operation": {"ops": [{"delete": 1}, {"retain": 1}, {"delete": 1}]},
        "component": 1,
        "offset": 1,
    },
    {
        "content": "😀😀",
        "operation": {"ops": [{"retain": 2}, {"delete": 1}]},
        "component": 1,
        "offset": 2,
    },
]


def random_case(seed: int) -> dict[str, Any]:
    """A case without its answers; the same for the same seed."""
    random = Random(seed)

    def some() -> bytes:
        return random.randbytes(random.randint(0, 16))

    cases, text = TextCases(), get_type("text")
    content = text_of(some())
    raw = cases.operation(content, some())
    a = text.normalize(raw)
    b = text.normalize(cases.operation(content, some()))
    c = text.normalize(cases.operation(text.apply(content, a), some()))
    somewhere = length(content[: random.randint(0, len(content))])
    cursors = [0, somewhere, length(content)]
    return {"content": content, "a": a, "b": b, "c": c, "raw": raw, "cursors": cursors}


def main() -> None:
    with Oracle() as oracle:
        cases = [oracle.ask(random_case(seed)) for seed in range(CASES // 2)]
        cases += [oracle.ask({"seed": seed}) for seed in range(CASES - len(cases))]
    VECTORS.parent.mkdir(exist_ok=True)
    sections = {"cases": cases, "invalid": INVALID, "misfits": MISFITS}
    # One line for each entry, and all in ASCII, so that no editor or diff can spoil a surrogate.
    parts = [
        f"{json.dumps(name)}: [\n" + ",\n".join(json.dumps(entry) for entry in entries) + "\n]"
        for name, entries in sections.items()
    ]
    VECTORS.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="ascii")


if __name__ == "__main__":
    main()
