"""Transform an operation over many others without reading its strings each time.

A step is a component with its length known. Texts are neither measured nor cut in between, and of
the inserts of other operations only the lengths are used. The results are those of
`algebra.transform` for an operation that was committed second.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..meter import Meter
from ..values import same
from . import attributes
from .attributes import Attributes
from .reader import Component, Operation, extent

__all__ = [
    "DELETE",
    "INSERT",
    "RETAIN",
    "Outline",
    "Step",
    "operation_of",
    "outline_of",
    "passed",
    "steps_of",
]

RETAIN, INSERT, DELETE = 0, 1, 2

KEYS_OF_STEP = 8
"""The number of attribute keys that are compared in the time of one step."""

CHARACTERS_OF_STEP = 2048
"""The number of characters that are compared or copied in the time of one step."""


class Step(NamedTuple):
    """`weight` is the work to compare or copy the attributes; `component` is set only for an
    insert."""

    kind: int
    length: int
    attributes: Attributes | None = None
    weight: int = 0
    component: Component | None = None


Outline = list[tuple[int, int, Attributes | None]]
"""The kind, length and attributes of each component."""


def outline_of(operation: Operation) -> Outline:
    """Return the data that is needed to transform other operations over this one."""
    return [
        (RETAIN, component["retain"], component.get("attributes"))
        if "retain" in component
        else (DELETE, component["delete"], None)
        if "delete" in component
        else (INSERT, extent(component["insert"]), None)
        for component in operation["ops"]
    ]


def steps_of(operation: Operation) -> list[Step]:
    return [step_of(component) for component in operation["ops"]]


def step_of(component: Component) -> Step:
    if "delete" in component:
        return Step(DELETE, component["delete"])
    formats = component.get("attributes")
    weight = 0 if formats is None else weight_of(formats)
    if "retain" in component:
        return Step(RETAIN, component["retain"], formats, weight)
    return Step(INSERT, extent(component["insert"]), formats, weight, component)


def weight_of(formats: Attributes) -> int:
    characters = sum(len(value) for value in formats.values() if type(value) is str)
    return 1 + len(formats) // KEYS_OF_STEP + characters // CHARACTERS_OF_STEP


def operation_of(steps: Sequence[Step]) -> Operation:
    return {"ops": [component_of(step) for step in steps]}


def component_of(step: Step) -> Component:
    if step.component is not None:
        return step.component
    if step.kind == DELETE:
        return {"delete": step.length}
    if step.attributes is None:
        return {"retain": step.length}
    return {"retain": step.length, "attributes": step.attributes}


def passed(mine: Sequence[Step], theirs: Outline, meter: Meter) -> list[Step]:
    """Return `mine`, not empty and in normal form, after `theirs`, which was committed first."""
    writer = StepWriter(meter)
    index, last = 0, len(mine) - 1
    step = mine[0]
    left = step.length
    worked = 0
    for kind, length, formats in theirs:
        worked += 1
        if kind == INSERT:
            writer.retain(length, None, 0)
            continue
        while length:
            worked += 1
            if step.kind == INSERT:
                writer.insert(step)
                left = 0
            else:
                count = min(left, length)
                if kind == RETAIN:
                    keep(step, count, formats, writer, meter)
                left -= count
                length -= count
            if not left:
                if index == last:
                    meter.spend(worked)
                    return writer.close()
                index += 1
                step = mine[index]
                left = step.length
        if worked > 1000:
            meter.spend(worked)
            worked = 0
    meter.spend(worked)
    writer.push(step if left == step.length else step._replace(length=left))
    # The steps after a retain stay as they are.
    while step.kind != RETAIN and index < last:
        index += 1
        step = mine[index]
        meter.spend(1)
        writer.push(step)
    return writer.close(mine[index + 1 :])


def keep(
    step: Step, count: int, formats: Attributes | None, writer: StepWriter, meter: Meter
) -> None:
    """Keep a part of a step on a stretch that the other operation retains."""
    if step.kind == DELETE:
        writer.delete(count)
        return
    kept = step.attributes
    if kept is not None and formats is not None:
        meter.spend(step.weight)
        kept = attributes.transform(kept, formats, first=False)
    writer.retain(count, kept, step.weight)


class StepWriter:
    """Collects steps in any valid order; `close` returns their normal form, as `DeltaWriter`
    does."""

    __slots__ = (
        "_delete",
        "_formats",
        "_inserts",
        "_meter",
        "_retain",
        "_steps",
        "_texts",
        "_weight",
    )

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._steps: list[Step] = []
        self._retain = 0
        self._formats: Attributes | None = None
        self._weight = 0
        self._inserts: list[Step] = []
        self._texts: list[Step] = []
        self._delete = 0

    def push(self, step: Step) -> None:
        if step.kind == RETAIN:
            self.retain(step.length, step.attributes, step.weight)
        elif step.kind == INSERT:
            self.insert(step)
        else:
            self._delete += step.length

    def retain(self, count: int, formats: Attributes | None, weight: int) -> None:
        if (
            self._texts
            or self._delete
            or self._inserts
            or (formats is not self._formats and not self._same(formats, self._formats, weight))
        ):
            self._flush()
        self._formats, self._weight = formats, weight
        self._retain += count

    def insert(self, step: Step) -> None:
        assert step.component is not None
        if type(step.component["insert"]) is not str:
            self._end_text()
            self._inserts.append(step)
            return
        if self._texts:
            formats = self._texts[0].attributes
            if formats is not step.attributes and not self._same(
                formats, step.attributes, step.weight
            ):
                self._end_text()
        self._texts.append(step)

    def delete(self, count: int) -> None:
        self._delete += count

    def close(self, rest: Sequence[Step] = ()) -> list[Step]:
        """Return the collected steps, followed by `rest`. The writer can't be used afterwards."""
        if rest or self._texts or self._delete or self._inserts or self._formats is not None:
            self._flush()
        self._meter.spend(len(rest) // 64)
        self._steps += rest
        return self._steps

    def _same(self, one: Attributes | None, other: Attributes | None, weight: int) -> bool:
        if one is None or other is None or len(one) != len(other):
            return False
        self._meter.spend(weight)
        if one != other:
            return False
        # Python treats 1 and True as equal.
        self._meter.spend(weight * 4)
        return same(one, other)

    def _flush(self) -> None:
        if self._retain:
            self._steps.append(Step(RETAIN, self._retain, self._formats, self._weight))
        self._end_text()
        self._steps += self._inserts
        if self._delete:
            self._steps.append(Step(DELETE, self._delete))
        self._retain, self._formats, self._weight = 0, None, 0
        self._inserts, self._delete = [], 0

    def _end_text(self) -> None:
        texts, self._texts = self._texts, []
        if len(texts) > 1:
            self._inserts.append(self._joined(texts))
        else:
            self._inserts += texts

    def _joined(self, texts: list[Step]) -> Step:
        first = texts[0]
        parts = [step.component["insert"] for step in texts if step.component is not None]
        self._meter.spend(sum(map(len, parts)) // CHARACTERS_OF_STEP)
        component: Component = {"insert": "".join(parts)}
        if first.attributes is not None:
            component["attributes"] = first.attributes
        length = sum(step.length for step in texts)
        return Step(INSERT, length, first.attributes, first.weight, component)
