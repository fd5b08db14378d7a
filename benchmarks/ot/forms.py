"""Conversion of steps and contents to the form of each library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from collab.ot import get_type
from collab.ot.utf16 import length

from .workloads import Step

__all__ = ["FORMS", "Form"]

RUN = 100


class Form:
    """The form of contents and steps in one operation type; `plain` converts contents back."""

    def __init__(
        self,
        content: Callable[[Any], Any],
        operation: Callable[[Step], Any],
        plain: Callable[[Any], Any],
    ) -> None:
        self.content = content
        self.operation = operation
        self.plain = plain


def delta(step: Step) -> Any:
    text = get_type("text")
    operation: Any = {"ops": []}
    for patch in step:
        one = [
            {"retain": patch.units},
            {"insert": patch.inserted},
            {"delete": length(patch.deleted)},
        ]
        operation = text.compose(operation, text.normalize({"ops": one}))
    return operation


def text0(step: Step) -> Any:
    edits: list[Any] = []
    for patch in step:
        if patch.deleted:
            edits.append({"p": patch.units, "d": patch.deleted})
        if patch.inserted:
            edits.append({"p": patch.units, "i": patch.inserted})
    return get_type("json").normalize([{"p": ["text"], "t": "text0", "o": edits}])


def list_change(step: Step) -> Any:
    (patch,) = step
    kind, item = ("li", patch.inserted) if patch.inserted else ("ld", patch.deleted)
    return [{"p": ["list", patch.units], kind: item}]


def runs(text: str) -> Any:
    """The text as one run; a long text as runs that are alternately bold."""
    pieces = [text[at : at + RUN] for at in range(0, len(text), RUN)]
    return {
        "ops": [
            {"insert": piece, "attributes": {"bold": True}} if number % 2 else {"insert": piece}
            for number, piece in enumerate(pieces)
        ]
    }


def text_of_runs(content: Any) -> str:
    return "".join(run["insert"] for run in content["ops"])


FORMS = {
    "text": Form(lambda text: text, delta, lambda content: content),
    "richtext": Form(runs, delta, text_of_runs),
    "json": Form(lambda text: {"text": text}, text0, lambda content: content["text"]),
    "list": Form(lambda items: {"list": items}, list_change, lambda content: content["list"]),
}
"""`list` is the type `json` with a list as content."""
