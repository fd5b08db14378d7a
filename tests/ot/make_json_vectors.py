r"""Write `tests/ot/vectors/json.json` anew from ot-json0's answers.

    python -m tests.ot.make_json_vectors

The tests of the Python and of the JavaScript side both read the file. All operations are in normal
form; offsets in strings count UTF-16 code units. It holds

`cases`: a list of objects
    content          a JSON document
    a, b             two operations on it
    c                an operation on what `a` makes of it
    applied_a        what `a` makes of the content
    applied_b        what `b` makes of it
    merged           the content after both, `a` having been committed first
    merged_other     the same, by way of `b`: equal to `merged`
    compose          `a`, then `c`, as one operation
    transform_left   `a` after `b`, when `a` was committed first
    transform_right  `b` after `a`, when `a` was committed first
    invert_a         what takes `a` back

`names`: some of the cases, with members named as those of every JavaScript object

`mixed`: the same, where strings are edited both by `si` and `sd` and by text0: ot-json0 has no
    answers for these that agree with one another, so they are our own

`invalid`: a list of JSON values that are no operations on a JSON document

`misfits`: a list of objects
    content          a JSON document
    operation        a valid operation that doesn't fit it
    component        the index of the component at fault
"""

from __future__ import annotations

import json
from itertools import count, islice
from pathlib import Path
from random import Random
from typing import Any

from collab.ot import get_type

from .choices import Choices
from .json_answers import answers, in_normal_form, mixes_forms
from .json_cases import JsonCases, document_of
from .names import renamed_json
from .oracle import Oracle

__all__ = ["INVALID", "MISFITS", "VECTORS", "random_case"]

VECTORS = Path(__file__).parent / "vectors" / "json.json"

CASES = 400
MIXED = 40

DEEP: Any = []
for _ in range(80):
    DEEP = [DEEP]

INVALID: list[Any] = [
    None,
    True,
    7,
    "oi",
    {},
    {"p": ["a"], "oi": 1},
    [None],
    [[]],
    ["p"],
    [{}],
    [{"p": []}],
    [{"p": ["a"]}],
    [{"oi": 1}],
    [{"p": "a", "oi": 1}],
    [{"p": None, "oi": 1}],
    [{"p": {"0": "a"}, "oi": 1}],
    [{"p": ["a"], "oi": 1, "extra": 1}],
    [{"p": ["a"], "oi": 1, "li": 1}],
    [{"p": [0], "li": 1, "lm": 0}],
    [{"p": [0], "ld": 1, "lm": 0}],
    [{"p": [0], "si": "a", "sd": "b"}],
    [{"p": ["a"], "om": "b"}],
    [{"p": [], "oi": 1}],
    [{"p": [], "od": 1}],
    [{"p": [], "od": {}, "oi": None}],
    [{"p": [], "li": 1}],
    [{"p": [], "ld": 1}],
    [{"p": [], "lm": 1}],
    [{"p": [], "si": "a"}],
    [{"p": [0], "oi": 1}],
    [{"p": [0], "od": 1}],
    [{"p": ["a"], "li": 1}],
    [{"p": ["0"], "ld": 1}],
    [{"p": ["a"], "lm": 1}],
    [{"p": ["a"], "si": "b"}],
    [{"p": [True, "a"], "oi": 1}],
    [{"p": [None, "a"], "oi": 1}],
    [{"p": [["a"], "a"], "oi": 1}],
    [{"p": [-1], "li": 1}],
    [{"p": [0.5], "li": 1}],
    [{"p": [2**53], "li": 1}],
    [{"p": [0], "lm": -1}],
    [{"p": [0], "lm": True}],
    [{"p": [0], "lm": "1"}],
    [{"p": [0], "lm": None}],
    [{"p": ["a"], "na": True}],
    [{"p": ["a"], "na": "1"}],
    [{"p": ["a"], "na": None}],
    [{"p": ["a"], "na": 10**400}],
    [{"p": [0], "si": 1}],
    [{"p": [0], "sd": None}],
    [{"p": [0], "si": "\ud83d"}],
    [{"p": ["a"], "oi": ["\ude00"]}],
    [{"p": ["a"], "oi": {"\ud83d": 1}}],
    [{"p": ["\ud83d"], "oi": 1}],
    [{"p": ["a"], "oi": 10**400}],
    [{"p": ["a"], "oi": DEEP}],
    [{"p": ["a"] * 80, "oi": 1}],
    [{"p": ["__proto__"], "oi": 1}],
    [{"p": ["__proto__", "a"], "oi": 1}],
    [{"p": ["a"], "oi": {"b": {"__proto__": 1}}}],
    [{"p": ["a"], "t": "text0"}],
    [{"p": ["a"], "o": []}],
    [{"p": ["a"], "t": "text", "o": []}],
    [{"p": ["a"], "t": ["text0"], "o": []}],
    [{"p": ["a"], "t": "text0", "o": {"p": 0, "i": "a"}}],
    [{"p": ["a"], "t": "text0", "o": [{"i": "a"}]}],
    [{"p": ["a"], "t": "text0", "o": [{"p": 0}]}],
    [{"p": ["a"], "t": "text0", "o": [{"p": 0, "i": "a", "d": "b"}]}],
    [{"p": ["a"], "t": "text0", "o": [{"p": -1, "i": "a"}]}],
    [{"p": ["a"], "t": "text0", "o": [{"p": 0, "i": 1}]}],
    [{"p": ["a"], "t": "text0", "o": ["a"]}],
]


def misfit(content: Any, *operation: dict[str, Any]) -> dict[str, Any]:
    """The last component is the one at fault."""
    return {"content": content, "operation": list(operation), "component": len(operation) - 1}


MISFITS: list[dict[str, Any]] = [
    misfit({"a": 1}, {"p": ["a"], "od": 2}),
    misfit({"a": 1}, {"p": ["a"], "od": True}),
    misfit({"a": True}, {"p": ["a"], "od": 1}),
    misfit({"a": 0}, {"p": ["a"], "od": False}),
    misfit({"a": 1}, {"p": ["a"], "od": "1", "oi": 2}),
    misfit({"a": [1, {"b": 2}]}, {"p": ["a"], "od": [1, {"b": 3}]}),
    misfit({"a": [1]}, {"p": ["a"], "od": [1, 2]}),
    misfit({"a": 1}, {"p": ["b"], "od": 1}),
    misfit({"a": 1}, {"p": ["b"], "od": None}),
    misfit({"a": 1}, {"p": ["a"], "oi": 2}),
    misfit({"a": None}, {"p": ["a"], "oi": 2}),
    misfit({"a": 1}, {"p": [], "od": {}, "oi": []}),
    misfit([1], {"p": ["a"], "oi": 2}),
    misfit("a", {"p": ["a"], "oi": 2}),
    misfit({}, {"p": ["a", "b"], "oi": 2}),
    misfit([1, 2], {"p": [1], "ld": 1}),
    misfit([1, 2], {"p": [2], "ld": 1}),
    misfit([1, 2], {"p": [2], "ld": None}),
    misfit([1, 2], {"p": [0], "ld": 2, "li": 3}),
    misfit([1, 2], {"p": [3], "li": 1}),
    misfit([1, 2], {"p": [0], "lm": 2}),
    misfit([1, 2], {"p": [2], "lm": 0}),
    misfit({"0": 1}, {"p": [0], "ld": 1}),
    misfit({"a": {}}, {"p": ["a", 0], "li": 1}),
    misfit({"a": 1}, {"p": ["a", 0], "li": 1}),
    misfit({"a": "text"}, {"p": ["a", 0], "li": 1}),
    misfit([[1]], {"p": [0, 1, 0], "li": 1}),
    misfit({"a": "1"}, {"p": ["a"], "na": 1}),
    misfit({"a": True}, {"p": ["a"], "na": 1}),
    misfit({"a": None}, {"p": ["a"], "na": 1}),
    misfit({"a": 2**53 - 1}, {"p": ["a"], "na": 2}),
    misfit({"a": 0.1}, {"p": ["a"], "na": 0.2}),
    misfit({"a": 1e308}, {"p": ["a"], "na": 1e308}),
    misfit({}, {"p": ["a"], "na": 1}),
    misfit({"a": "abc"}, {"p": ["a", 4], "si": "x"}),
    misfit({"a": "abc"}, {"p": ["a", 1], "sd": "c"}),
    misfit({"a": "abc"}, {"p": ["a", 2], "sd": "cd"}),
    misfit({"a": "😀"}, {"p": ["a", 1], "si": "x"}),
    misfit({"a": ["b"]}, {"p": ["a", 0], "si": "x"}),
    misfit({"a": 1}, {"p": ["a", 0], "si": "x"}),
    misfit({"a": "abc"}, {"p": ["a"], "t": "text0", "o": [{"p": 0, "d": "b"}]}),
    misfit({"a": "abc"}, {"p": ["a"], "t": "text0", "o": [{"p": 4, "i": "b"}]}),
    misfit({"a": 1}, {"p": ["a"], "na": 1}, {"p": ["b"], "oi": [1]}, {"p": ["b", 1], "ld": 1}),
    misfit({"a": [1, 2]}, {"p": ["a", 0], "lm": 1}, {"p": ["a", 0], "ld": 1}),
]


def any_case(seed: int) -> dict[str, Any]:
    random = Random(seed)

    def some() -> bytes:
        return random.randbytes(random.randint(0, 30))

    cases, kind = JsonCases(), get_type("json")
    content = document_of(Choices(some()))
    a = kind.normalize(cases.operation(content, some()))
    b = kind.normalize(cases.operation(content, some()))
    c = kind.normalize(cases.operation(kind.apply(content, a), some()))
    return {"content": content, "a": a, "b": b, "c": c}


def random_case(seed: int) -> dict[str, Any]:
    """A case without its answers; the same for the same seed."""
    tries = (any_case(1000 * seed + number) for number in count())
    return next(case for case in tries if not mixes_forms(case))


def main() -> None:
    with Oracle("ot-json0") as oracle:
        cases = [oracle.ask(random_case(seed)) for seed in range(CASES // 2)]
        cases += [oracle.ask({"seed": seed}) for seed in range(CASES - len(cases))]
    tries = (any_case(seed) for seed in count())
    mixed = islice((case for case in tries if mixes_forms(case)), MIXED)
    normal = [in_normal_form(case) for case in cases]
    sections = {
        "cases": normal,
        "names": [renamed_json(case, number) for number, case in enumerate(normal[::2])],
        "mixed": [answers(case) for case in mixed],
        "invalid": INVALID,
        "misfits": MISFITS,
    }
    # One line for each entry, and all in ASCII, so that no editor or diff can spoil a surrogate.
    parts = [
        f"{json.dumps(name)}: [\n" + ",\n".join(json.dumps(entry) for entry in entries) + "\n]"
        for name, entries in sections.items()
    ]
    VECTORS.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="ascii")


if __name__ == "__main__":
    main()
