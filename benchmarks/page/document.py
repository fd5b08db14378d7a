"""Large documents for the page benchmarks, and simulated users in them."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect

__all__ = ["Crowd", "Person", "fill", "lines"]

WORDS = ["the", "quick", "brown", "fox", "jumps", "over", "lazy", "dogs", "while", "rain", "falls"]
WORDS += ["on", "quiet", "hills", "and", "people", "write", "together"]
LINE_CHARACTERS = 80
TEXT_CHARACTERS = 100_000
COMPONENTS = 2000
CARDS = 100
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SEED = 7

EDIT_REACH = 1500
"""Other users edit and have their cursors within this many characters from the beginning."""
CURSOR_REACH = 2000
CARD_REACH = 20
EDITORS = 4
"""The number of users who take turns at editing."""


def lines(characters: int) -> list[str]:
    """Lines of words, every fortieth a heading. The result is deterministic."""
    chosen = random.Random(SEED)
    found: list[str] = []
    size = 0
    while size < characters:
        words: list[str] = []
        while sum(map(len, words)) + len(words) < LINE_CHARACTERS:
            words.append(chosen.choice(WORDS))
        line = f"## Heading {len(found)}" if len(found) % 40 == 0 else " ".join(words)
        found.append(line[: characters - size])
        size += len(found[-1]) + 1
    return found


def formatted(characters: int) -> list[dict[str, Any]]:
    """The same lines as components of a rich text, with formats on some words and lines."""
    components: list[dict[str, Any]] = []
    for number, line in enumerate(lines(characters)):
        if line.startswith("##"):
            components.append({"insert": line[3:]})
            components.append({"insert": "\n", "attributes": {"header": 2}})
            continue
        kind = "bold" if number % 5 == 0 else "italic"
        components.append({"insert": line[:20]})
        components.append({"insert": line[20:40], "attributes": {kind: True}})
        components.append({"insert": line[40:]})
        ends = {"attributes": {"list": "bullet"}} if number % 5 == 0 else {}
        components.append({"insert": "\n", **ends})
    return [component for component in components if component["insert"]]


def card(number: int) -> dict[str, Any]:
    text = f"Card {number}: call the printer about the new poster"
    place = f"b{DIGITS[number // 62]}{DIGITS[number % 62]}"
    return {"text": text, "done": number % 7 == 0, "count": number % 4, "at": place}


class Person:
    """A simulated user over a bare WebSocket, without a copy of the content."""

    def __init__(self, websocket: ClientConnection, version: int) -> None:
        self._websocket = websocket
        self._version = version
        self._last_id = 0
        self._answered = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def join(cls, base: str, doc_id: str, doc_type: str, name: str) -> Person:
        query = urlencode({"doc_type": doc_type, "name": name})
        address = f"{base.replace('http', 'ws')}/ws/documents/{doc_id}?{query}"
        websocket = await connect(address, max_size=None, compression=None)
        state = json.loads(await websocket.recv())
        return cls(websocket, state["version"])

    async def _read(self) -> None:
        async for frame in self._websocket:
            if '"version"' not in frame:
                continue
            told = json.loads(frame)
            if told["type"] in ("ack", "document_change"):
                self._version = told["version"]
            if told["type"] == "error":
                raise RuntimeError(f"the server refused: {told}")
            if told["type"] == "ack":
                self._answered.set()

    async def edit(self, operation: Any) -> None:
        """Send an edit based on the newest received version; returns when it is acknowledged."""
        self._last_id += 1
        self._answered.clear()
        frame = {"type": "edit", "id": self._last_id, "version": self._version}
        await self._websocket.send(json.dumps({**frame, "operation": operation}))
        waiting = asyncio.create_task(self._answered.wait())
        await asyncio.wait({waiting, self._reading}, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            waiting.cancel()
            await self._reading
            raise RuntimeError("the connection has ended")

    async def show(self, cursor: int | None, data: Any = None) -> None:
        place = None if cursor is None else {"anchor": cursor, "head": cursor}
        frame = {"type": "presence", "cursor": place, "data": data, "version": self._version}
        await self._websocket.send(json.dumps(frame))

    async def leave(self) -> None:
        self._reading.cancel()
        await self._websocket.close()


async def fill(base: str, doc_id: str, doc_type: str, size: int, *, one_line: bool = False) -> None:
    """Make a document of `size` characters or cards."""
    person = await Person.join(base, doc_id, doc_type, "Author")
    if doc_type == "json":
        for start in range(0, size, CARDS):
            numbers = range(start, min(size, start + CARDS))
            await person.edit([{"p": [f"card{number}"], "oi": card(number)} for number in numbers])
    else:
        for operation in parts(doc_type, size, " " if one_line else "\n"):
            await person.edit(operation)
    await person.leave()


def parts(doc_type: str, size: int, separator: str) -> list[dict[str, Any]]:
    """Edits that append a text or rich text part by part."""
    if doc_type == "richtext":
        components = formatted(size)
        cuts = [components[at : at + COMPONENTS] for at in range(0, len(components), COMPONENTS)]
    else:
        text = separator.join(lines(size))[:size]
        starts = range(0, len(text), TEXT_CHARACTERS)
        cuts = [[{"insert": text[at : at + TEXT_CHARACTERS]}] for at in starts]
    edits, end = [], 0
    for cut in cuts:
        edits.append({"ops": ([{"retain": end}] if end else []) + cut})
        end += sum(len(component["insert"]) for component in cut)
    return edits


@dataclass
class Crowd:
    """Users who edit at a fixed rate and each move their cursor once per second."""

    base: str
    doc_id: str
    doc_type: str
    size: int
    people: int
    edits_per_second: float
    edits: int = 0

    async def __aenter__(self) -> Crowd:
        count = max(self.people, EDITORS if self.edits_per_second else 0)
        joins = (
            Person.join(self.base, self.doc_id, self.doc_type, f"Person {number}")
            for number in range(count)
        )
        self._everybody = [await join for join in joins]
        self._chosen = random.Random(SEED)
        self._tasks = []
        if self.edits_per_second:
            self._tasks.append(asyncio.create_task(self._edit()))
        if self.people:
            self._tasks.append(asyncio.create_task(self._move()))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        results = await asyncio.gather(*self._tasks, return_exceptions=True)
        for person in self._everybody:
            await person.leave()
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _edit(self) -> None:
        began = asyncio.get_running_loop().time()
        while True:
            editor = self._everybody[self.edits % EDITORS]
            await editor.edit(self._operation())
            self.edits += 1
            due = began + self.edits / self.edits_per_second
            await asyncio.sleep(max(0, due - asyncio.get_running_loop().time()))

    def _operation(self) -> Any:
        if self.doc_type == "json":
            return [{"p": [f"card{self.edits % min(self.size, CARD_REACH)}", "count"], "na": 1}]
        at = self._chosen.randrange(1, min(EDIT_REACH, self.size))
        return {"ops": [{"retain": at}, {"insert": "x" if self.edits % 6 else "wo "}]}

    async def _move(self) -> None:
        while True:
            for person in self._everybody[: self.people]:
                if self.doc_type == "json":
                    number = self._chosen.randrange(min(self.size, CARD_REACH))
                    await person.show(None, {"item": f"card{number}"})
                else:
                    await person.show(self._chosen.randrange(min(CURSOR_REACH, self.size)))
                await asyncio.sleep(1 / self.people)
