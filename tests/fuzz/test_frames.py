"""Hostile frames and operations: nobody but who sends them notices.

COLLAB_FUZZ_SEED=7 COLLAB_FUZZ_INPUTS=200000 pytest tests/fuzz/test_frames.py
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from collab.documents.submission import Submission
from collab.frames import Ping
from collab.sessions.change_frames import change_frame
from collab.sessions.inbound import HANDLERS, Inbound
from collab.sessions.room import Room
from tests.fuzz import fuzzing
from tests.fuzz.found import FOUND, load, save
from tests.fuzz.fuzzing import fuzz, replay, shrink
from tests.fuzz.inputs import Input
from tests.fuzz.judge import judge

SEED = int(os.environ.get("COLLAB_FUZZ_SEED", "1"))
INPUTS = int(os.environ.get("COLLAB_FUZZ_INPUTS", "50000"))
LIMITS = {"max_edit_bytes": 200, "max_presence_bytes": 100}


async def test_hostile_inputs_harm_nobody_but_their_sender() -> None:
    finding = await fuzz(INPUTS, SEED)
    assert finding is None, f"{finding.seed}: {finding.fault}"


@pytest.mark.parametrize("path", sorted(FOUND.glob("*.json")), ids=lambda path: path.stem)
async def test_what_was_found_once_is_found_no_more(path: Path) -> None:
    assert await replay(load(path)) == ""


# -- that faults are found ----------------------------------------------------------------------


async def test_an_internal_error_is_found_and_shrunk_to_the_frame_that_shows_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answer = HANDLERS[Ping]

    def careless(inbound: Inbound, frame: Ping) -> bool:
        if isinstance(frame.data, dict):
            raise KeyError("data")
        return answer(inbound, frame)

    monkeypatch.setitem(HANDLERS, Ping, careless)
    finding = await fuzz(2000, 1)
    assert finding is not None
    assert finding.fault.startswith("an internal error")
    small = await shrink(finding)
    assert len(small.inputs) == 1
    assert b'"ping"' in small.inputs[0].payload
    path = save(small.inputs, small.fault, tmp_path)
    assert load(path) == small.inputs
    assert (await replay(load(path))).startswith("an internal error")
    monkeypatch.undo()
    assert await replay(load(path)) == ""


async def test_an_edit_that_is_not_transformed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Submission, "_concurrent", lambda self, version, earlier: [])
    finding = await fuzz(2000, 1)
    assert finding is not None


async def test_an_edit_that_is_taken_twice_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    accept = Inbound._accepted

    def twice(self: Inbound, change: Any) -> None:
        accept(self, change)
        self._connection.put(change_frame(change))

    monkeypatch.setattr(Inbound, "_accepted", twice)
    finding = await fuzz(2000, 1)
    assert finding is not None
    assert "gap" in finding.fault or "StreamGap" in finding.fault


async def test_what_is_held_after_its_connection_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = []
    leave = Room.leave

    def forgetful(self: Room, connection: Any) -> None:
        kept.append(connection)
        leave(self, connection)

    monkeypatch.setattr(Room, "leave", forgetful)
    monkeypatch.setattr(fuzzing, "CLOSING_SECONDS", 0.1)
    fault = await replay([Input("text", 0, "text", b"{}")])
    assert fault.startswith("still held")
    assert "Connection by list" in fault
    kept.clear()


# -- what the protocol says ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "codes"),
    [
        ('{"type": "edit", "id": 1, "version": 1.0, "operation": 1}', {"invalid_frame"}),
        ('{"type": "edit", "id": 0, "version": 0, "operation": 1}', {"invalid_frame"}),
        ('{"type": "edit", "id": 1, "version": 0}', {"invalid_frame"}),
        ('{"type": "presence", "cursor": {"anchor": 1, "head": 1}}', {"invalid_frame"}),
        ('{"type": "presence", "version": true}', {"invalid_frame"}),
        ('{"type": "leave"}', {"unknown_type"}),
        ("{}", {"unknown_type"}),
        ('{"type": "ping", "data": "' + "x" * 100 + '"}', {"too_large"}),
        ("x" * 201, {"too_large"}),
    ],
)
def test_a_malformed_frame_is_known_for_what_it_is(payload: str, codes: set[str]) -> None:
    verdict = judge(payload.encode(), **LIMITS)
    assert verdict.codes == codes
    assert verdict.malformed


@pytest.mark.parametrize(
    "payload", ["", "[]", "{", '{"type": "ping"}}', "NaN", '{"type": "ping",}']
)
def test_what_is_no_json_object_is_no_frame(payload: str) -> None:
    assert judge(payload.encode(), **LIMITS).malformed


@pytest.mark.parametrize(
    "payload",
    [
        '{"type": "ping"}',
        '{"type": "presence"}',
        '{"type": "edit", "id": 1, "version": 0, "operation": null}',
        '{"type": "ping", "type": "edit"}',
        '{"type": "ping", "data": 1e400}',
        '{"type": "ping", "data": "\\ud83d"}',
    ],
)
def test_what_may_be_accepted_is_left_to_the_server(payload: str) -> None:
    assert judge(payload.encode(), **LIMITS).accepted
