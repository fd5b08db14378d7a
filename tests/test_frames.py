"""The codec: what is a frame, and what is said of everything else."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab import frames
from collab.errors import FrameError, InvalidFrame, InvalidJSON, TooLarge, UnknownType

LIMITS = {"max_edit_bytes": 2000, "max_presence_bytes": 300}

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["edit", "presence", "ping", "pong", 1, None]),
        "id": JSON_VALUES,
        "version": JSON_VALUES,
        "operation": JSON_VALUES,
        "cursor": JSON_VALUES | st.fixed_dictionaries({"anchor": JSON_VALUES, "head": JSON_VALUES}),
        "data": JSON_VALUES,
    },
)


def decode(text: str) -> frames.ClientFrame:
    return frames.decode(text, frames.size_of(text), **LIMITS)


def test_each_frame_of_a_client_is_decoded() -> None:
    edit = decode('{"type":"edit","id":1,"version":0,"operation":{"ops":[]}}')
    assert edit == frames.Edit(1, 0, {"ops": []})
    presence = decode('{"type":"presence","cursor":{"anchor":1,"head":2},"version":3,"data":[]}')
    assert presence == frames.PresenceUpdate(frames.Cursor(1, 2), [], 3)
    assert decode('{"type":"presence"}') == frames.PresenceUpdate(None, None, None)
    assert decode('{"type":"ping","data":1}') == frames.Ping(1)


def test_fields_that_are_not_known_are_passed_over() -> None:
    assert decode('{"type":"ping","since":1}') == frames.Ping(None)


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        ("", InvalidJSON, "JSON"),
        ("{", InvalidJSON, "JSON"),
        ('{"type":"ping","data":"\\ud800"}', InvalidJSON, "JSON"),
        ('{"type":"ping","data":' + "[" * 20_000, TooLarge, "2000"),
        ('{"type":"ping","data":NaN}', InvalidJSON, "JSON"),
        ("null", InvalidFrame, "object"),
        ('{"type":"Edit"}', UnknownType, "Edit"),
        ('{"id":1}', UnknownType, "missing"),
        ('{"type":"edit","id":0,"version":0,"operation":0}', InvalidFrame, "'id'"),
        ('{"type":"edit","id":true,"version":0,"operation":0}', InvalidFrame, "'id'"),
        ('{"type":"edit","id":1,"version":-1,"operation":0}', InvalidFrame, "'version'"),
        ('{"type":"edit","id":9007199254740992,"version":0,"operation":0}', InvalidFrame, "'id'"),
        ('{"type":"edit","id":1,"operation":0}', InvalidFrame, "'version'"),
        ('{"type":"presence","cursor":{"anchor":1},"version":1}', InvalidFrame, "'cursor.head'"),
    ],
)
def test_what_is_no_frame_is_told_what_is_wrong(
    text: str, error: type[Exception], told: str
) -> None:
    with pytest.raises(error) as raised:
        decode(text)
    assert told in str(raised.value)


def test_deep_nesting_is_an_error_of_its_own() -> None:
    text = '{"type":"ping","data":' + "[" * 100_000 + "]" * 100_000 + "}"
    with pytest.raises(InvalidJSON, match="deep"):
        frames.decode(text, 0, max_edit_bytes=10**6, max_presence_bytes=10**6)


def test_limits_count_bytes_of_utf8() -> None:
    decode('{"type":"ping","data":"' + "é" * 137 + '"}')
    with pytest.raises(TooLarge, match="301"):
        decode('{"type":"ping","data":"' + "é" * 138 + '"}')
    decode('{"type":"edit","id":1,"version":0,"operation":"' + "x" * 1950 + '"}')
    with pytest.raises(TooLarge, match="2000"):
        decode('{"type":"edit","id":1,"version":0,"operation":"' + "x" * 1960 + '"}')


@given(FIELDS)
def test_any_object_is_a_frame_or_a_frame_error(fields: dict[str, Any]) -> None:
    text = json.dumps(fields)
    answered = frames.edit_id(text)
    assert answered is None or answered == fields["id"]
    try:
        frame = frames.decode(text, 0, max_edit_bytes=10**6, max_presence_bytes=10**6)
    except FrameError:
        return
    assert isinstance(frame, frames.Edit | frames.PresenceUpdate | frames.Ping)
    assert fields["type"] in ("edit", "presence", "ping")


@given(st.text())
def test_any_text_is_a_frame_or_a_frame_error(text: str) -> None:
    with pytest.raises(FrameError):
        decode(text)


def test_the_id_of_a_refused_edit_is_made_out_where_it_can_be() -> None:
    assert frames.edit_id('{"type":"edit","id":7,"version":"x"}') == 7
    assert frames.edit_id('{"type":"ping","id":7}') is None
    assert frames.edit_id('{"type":"edit","id":"7"}') is None
    assert frames.edit_id("{") is None


def test_frames_of_the_server_are_compact_json() -> None:
    assert frames.encode(frames.Ack(1, 2)) == '{"type":"ack","id":1,"version":2}'
    change = frames.DocumentChange(msgspec.Raw(b'{"ops":[]}'), "u", "c", 3)
    assert frames.encode(change) == (
        '{"type":"document_change","operation":{"ops":[]},"user_id":"u","client_id":"c","version":3}'
    )
    assert "id" not in json.loads(frames.error_frame(InvalidJSON("x")))
    assert json.loads(frames.error_frame(InvalidJSON("x"), 4))["id"] == 4


def test_a_fingerprint_names_an_edit_as_it_was_sent() -> None:
    one = frames.fingerprint(1, {"ops": [{"insert": "x"}]})
    assert one == frames.fingerprint(1, {"ops": [{"insert": "x"}]})
    assert one != frames.fingerprint(2, {"ops": [{"insert": "x"}]})
    assert one != frames.fingerprint(1, {"ops": [{"insert": "y"}]})
    assert frames.fingerprint(1, {"a": 1, "b": 2}) == frames.fingerprint(1, {"b": 2, "a": 1})
