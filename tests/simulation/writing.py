"""What users write, and what they meant by it."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any, Protocol

from collab.ot import get_type
from collab.ot.utf16 import length
from tests.ot.json_cases import JsonCases
from tests.ot.richtext_cases import RichTextCases

__all__ = ["Alphabet", "CaseWriter", "Intents", "TextWriter", "Writer", "text_parts", "writer_of"]

MAX_SIZE = 200
RECIPE_BYTES = 10


class Alphabet:
    """Characters of which each is given once; every other one is a surrogate pair."""

    def __init__(self) -> None:
        self._given = 0

    def next(self) -> str:
        self._given += 1
        base = 0x20000 if self._given % 2 else 0x4E00
        return chr(base + self._given // 2)


class Intents:
    """What one editor (`client_id`) meant to insert into a text and delete there, by characters."""

    def __init__(self) -> None:
        self.inserted: Counter[str] = Counter()
        self.deleted: Counter[str] = Counter()
        self.unsure: set[str] = set()
        """What an edit would have inserted or deleted that was refused: others may do it again."""
        self.abandoned = False
        """Whether it has left before all was saved, so that nobody knows what has come in."""

    def add(self, operation: Any, content: str) -> None:
        inserted, deleted = text_parts(operation, content)
        self.inserted.update(inserted)
        self.deleted.update(deleted)

    def take_back(self, operation: Any, undo: Any) -> None:
        """The operation was refused, and `undo` done instead: what it inserts must never be in."""
        self.inserted -= Counter(_inserted(operation))
        self.unsure.update(_inserted(operation), _inserted(undo))


def _inserted(operation: Any) -> str:
    return "".join(each.get("insert", "") for each in operation["ops"])


def text_parts(operation: Any, content: str) -> tuple[str, str]:
    """What an operation on a text inserts, and what it deletes."""
    units = content.encode("utf-16-le")
    inserted, deleted, position = "", "", 0
    for component in operation["ops"]:
        if "insert" in component:
            inserted += component["insert"]
            continue
        ((kind, count),) = component.items()
        if kind == "delete":
            deleted += units[2 * position : 2 * (position + count)].decode("utf-16-le")
        position += count
    return inserted, deleted


class Writer(Protocol):
    """Makes operations on a content; made anew for each editor."""

    def operation(self, content: Any, random: Random) -> Any: ...
    def cursor(self, content: Any, random: Random) -> dict[str, int] | None: ...


class TextWriter:
    """Inserts characters that nobody else inserts, so that each can be followed."""

    def __init__(self, alphabet: Alphabet) -> None:
        self._alphabet = alphabet

    def operation(self, content: str, random: Random) -> Any:
        start = random.randint(0, len(content))
        end = start
        if len(content) > MAX_SIZE:
            start, end = 10, len(content) - 10
        elif random.random() < 0.4:
            end = min(len(content), start + random.randint(1, 6))
        inserts = random.randint(0 if end > start else 1, 3)
        text = "".join(self._alphabet.next() for _ in range(inserts))
        ops: list[dict[str, Any]] = [
            {"retain": length(content[:start])},
            {"insert": text},
            {"delete": length(content[start:end])},
        ]
        return {"ops": [each for each in ops if next(iter(each.values()))]}

    def cursor(self, content: str, random: Random) -> dict[str, int]:
        anchor, head = (length(content[: random.randint(0, len(content))]) for _ in range(2))
        return {"anchor": anchor, "head": head}


class CaseWriter:
    """Makes the operations that the laws of the type are tried on."""

    def __init__(self, cases: Any) -> None:
        self._cases = cases
        self._type = get_type(cases.name)

    def operation(self, content: Any, random: Random) -> Any:
        if self._type.buffer(content).size > 3 * MAX_SIZE:
            return self._type.difference(content, self._type.create())
        return self._cases.operation(content, random.randbytes(random.randint(1, RECIPE_BYTES)))

    def cursor(self, content: Any, random: Random) -> dict[str, int] | None:
        if not self._cases.has_cursors:
            return None
        anchor, head = (self._cases.offset(content, random) for _ in range(2))
        return {"anchor": anchor, "head": head}


def writer_of(doc_type: str, alphabet: Alphabet) -> Writer:
    if doc_type == "text":
        return TextWriter(alphabet)
    return CaseWriter(JsonCases() if doc_type == "json" else RichTextCases())
