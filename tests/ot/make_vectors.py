r"""Write `text.json` and `richtext.json` of `tests/ot/vectors` anew from quill-delta's answers.

    python -m tests.ot.make_vectors

The tests of the Python and of the JavaScript side both read the files. All operations are in normal
form, save where it says otherwise; lengths and offsets count UTF-16 code units. Each holds

`cases`: a list of objects
    content          a document
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

`names`: some of the cases of rich text, with attributes and embeds named as the members of every
JavaScript object

`invalid`: a list of JSON values that are no operations of the type

`misfits`: a list of objects
    content          a document
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

from .choices import text_of
from .names import renamed_delta
from .oracle import Oracle
from .richtext_cases import RichTextCases, richtext_of
from .text_cases import TextCases

__all__ = ["CASES", "INVALID", "MISFITS", "VECTORS", "random_case"]

VECTORS = Path(__file__).parent / "vectors"

CASES = 400

ANYWHERE: list[Any] = [
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
    {"ops": [{"insert": "\ud83d"}]},
    {"ops": [{"insert": "a\ude00b"}]},
    {"ops": [{"insert": "a"}, {"insert": "\ude00\ud83d"}]},
]

DEEP: Any = {"image": []}
for _ in range(16):
    DEEP = {"image": [DEEP]}

INVALID: dict[str, list[Any]] = {
    "text": [
        *ANYWHERE,
        {"ops": [{"retain": 1, "attributes": {"bold": True}}]},
        {"ops": [{"insert": "a", "attributes": {}}]},
        {"ops": [{"insert": {"image": "a"}}]},
    ],
    "richtext": [
        *ANYWHERE,
        {"ops": [{"attributes": {"bold": True}}]},
        {"ops": [{"delete": 1, "attributes": {"bold": True}}]},
        {"ops": [{"insert": "a", "delete": 1, "attributes": {"bold": True}}]},
        {"ops": [{"insert": "a", "attributes": None}]},
        {"ops": [{"insert": "a", "attributes": []}]},
        {"ops": [{"insert": "a", "attributes": "bold"}]},
        {"ops": [{"insert": "a", "attributes": {"bold": []}}]},
        {"ops": [{"retain": 1, "attributes": {"bold": {"x": 1}}}]},
        {"ops": [{"retain": 1, "attributes": {"bold": "\ud83d"}}]},
        {"ops": [{"retain": 1, "attributes": {"\ude00": 1}}]},
        {"ops": [{"retain": 1, "attributes": {"__proto__": 1}}]},
        {"ops": [{"retain": {"image": "a"}, "attributes": {"bold": True}}]},
        {"ops": [{"insert": {}}]},
        {"ops": [{"insert": {"image": "a", "alt": "b"}}]},
        {"ops": [{"insert": {"__proto__": "a"}}]},
        {"ops": [{"insert": {"image": "a\ud83d"}}]},
        {"ops": [{"insert": {"image": 10**400}}]},
        {"ops": [{"insert": DEEP}]},
        {"ops": [{"insert": True}]},
    ],
}

TEXT_MISFITS: list[dict[str, Any]] = [
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


def as_richtext(misfit: dict[str, Any]) -> dict[str, Any]:
    content = misfit["content"]
    return {**misfit, "content": {"ops": [{"insert": content}] if content else []}}


FORMATTED: Any = {
    "ops": [
        {"insert": "a😀", "attributes": {"bold": True}},
        {"insert": {"image": "x"}},
        {"insert": "b"},
    ]
}

MISFITS: dict[str, list[dict[str, Any]]] = {
    "text": TEXT_MISFITS,
    "richtext": [
        *map(as_richtext, TEXT_MISFITS),
        {
            "content": FORMATTED,
            "operation": {"ops": [{"retain": 6, "attributes": {"bold": True}}]},
            "component": 0,
            "offset": 0,
        },
        {
            "content": FORMATTED,
            "operation": {"ops": [{"retain": 1}, {"retain": 1, "attributes": {"bold": None}}]},
            "component": 1,
            "offset": 1,
        },
        {
            "content": FORMATTED,
            "operation": {"ops": [{"retain": 3}, {"insert": {"image": "y"}}, {"delete": 3}]},
            "component": 2,
            "offset": 3,
        },
    ],
}


def random_case(name: str, seed: int) -> dict[str, Any]:
    """A case without its answers; the same for the same seed."""
    random = Random(seed)
    cases: Any = {"text": TextCases, "richtext": RichTextCases}[name]()
    kind = get_type(name)

    def some() -> bytes:
        return random.randbytes(random.randint(0, 16 if name == "text" else 40))

    content: Any = (text_of if name == "text" else richtext_of)(some())
    raw = cases.operation(content, some())
    a = kind.normalize(raw)
    b = kind.normalize(cases.operation(content, some()))
    c = kind.normalize(cases.operation(kind.apply(content, a), some()))
    cursors = [0, cases.offset(content, random), cases.length(content)]
    return {"content": content, "a": a, "b": b, "c": c, "raw": raw, "cursors": cursors}


def main() -> None:
    with Oracle("quill-delta") as oracle:
        for name in INVALID:
            cases = [oracle.ask(random_case(name, seed)) for seed in range(CASES // 2)]
            cases += [
                oracle.ask({"seed": seed, "type": name}) for seed in range(CASES - len(cases))
            ]
            named = [renamed_delta(case, number) for number, case in enumerate(cases[::2])]
            sections = {
                "cases": cases,
                "names": named if name == "richtext" else [],
                "invalid": INVALID[name],
                "misfits": MISFITS[name],
            }
            (VECTORS / f"{name}.json").write_text(written(sections), encoding="ascii")


def written(sections: dict[str, list[Any]]) -> str:
    """One line for each entry, all in ASCII: no editor or diff can spoil a surrogate."""
    parts = [
        f"{json.dumps(name)}: [\n" + ",\n".join(json.dumps(entry) for entry in entries) + "\n]"
        for name, entries in sections.items()
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    main()
