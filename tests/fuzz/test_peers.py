"""Slow, dead and hostile peers at the level of bytes: each harms only itself.

Beside each of them somebody edits the same document, and is acknowledged before, meanwhile, after.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from .servers import Hostile, Served, Witness, serving
from .wires import BINARY, CLOSE, TEXT, client_frame

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="it reads the server's memory in /proc"
)

PING, PONG, CONTINUATION = 0x9, 0xA, 0x0
MEBIBYTE = 2**20
EDIT = b'{"type":"edit","id":1,"version":0,"operation":{"ops":[{"insert":"h"}]}}'
GOODBYE = client_frame(CLOSE, b"\x03\xe8")
PING_TEXT = b'{"type":"ping"}'


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served")) as running:
        yield running


@pytest.fixture
def witness(served: Served, request: pytest.FixtureRequest) -> Iterator[Witness]:
    """Somebody who edits; at the end all is as before, and no error was logged."""
    with Witness.of(served, doc_of(request)) as editor:
        editor.writes()
        yield editor
        editor.writes()
    assert served.errors() == []


@pytest.fixture
def hostile(served: Served, witness: Witness, request: pytest.FixtureRequest) -> Iterator[Hostile]:
    """A peer that has joined the same document as `hostile`."""
    with contextlib.closing(Hostile(served)) as peer:
        assert peer.join(doc_of(request), "hostile").startswith(b"HTTP/1.1 101")
        peer.message("document_state")
        yield peer
    witness.sees_leave("hostile")


def doc_of(request: pytest.FixtureRequest) -> str:
    return f"{abs(hash(request.node.name)):x}"


def text(payload: bytes) -> bytes:
    return client_frame(TEXT, payload, key=b"\x01\x02\x03\x04")


def with_first(byte: int, frame: bytes) -> bytes:
    return bytes((byte,)) + frame[1:]


def of_length(length: int) -> bytes:
    return struct.pack("!BBQ4s", 0x81, 0xFF, length, b"\0\0\0\0") + b"x" * 100


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"\x81\x0f" + PING_TEXT, 1002, id="unmasked"),
        pytest.param(with_first(0xC1, text(b"\xaa\x56\x4a" * 9)), 1002, id="compressed"),
        pytest.param(with_first(0xA1, text(PING_TEXT)), 1002, id="second reserved bit"),
        pytest.param(with_first(0x91, text(PING_TEXT)), 1002, id="third reserved bit"),
        pytest.param(with_first(0x83, text(PING_TEXT)), 1002, id="unknown data opcode"),
        pytest.param(with_first(0x8B, text(PING_TEXT)), 1002, id="unknown control opcode"),
        pytest.param(of_length(2**63 - 1), 1009, id="longest length"),
        pytest.param(of_length(2**64 - 1), 1009, id="negative length"),
        pytest.param(of_length(1_000_001), 1009, id="beyond the limit"),
        pytest.param(client_frame(PING, b"x" * 126), 1002, id="long ping"),
        pytest.param(client_frame(CLOSE, b"\x03\xe8" + b"x" * 124), 1002, id="long close"),
        pytest.param(client_frame(PING, b"x", first=0), 1002, id="fragmented ping"),
        pytest.param(client_frame(CONTINUATION, b"x"), 1002, id="continuation of nothing"),
        pytest.param(client_frame(TEXT, b"x", first=0) + text(b"x"), 1002, id="text within text"),
        pytest.param(client_frame(CLOSE, b"\x03"), 1002, id="half a close code"),
        pytest.param(client_frame(CLOSE, b"\x03\xe8\xff"), 1007, id="close reason not UTF-8"),
        *[
            pytest.param(client_frame(CLOSE, struct.pack("!H", code)), 1002, id=f"close {code}")
            for code in (0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535)
        ],
        pytest.param(client_frame(CLOSE, b""), 1005, id="close without a code"),
        pytest.param(client_frame(CLOSE, struct.pack("!H", 4999)), 4999, id="close of one's own"),
        pytest.param(text(b"\xff"), 1007, id="not UTF-8"),
        pytest.param(text(b"\xed\xa0\x80"), 1007, id="half a surrogate pair"),
        pytest.param(
            client_frame(TEXT, b"\xff", first=0) + client_frame(CONTINUATION, b"") + GOODBYE,
            1000,
            id="not UTF-8 before a close",
        ),
        pytest.param(
            client_frame(TEXT, b"", first=0)
            + client_frame(CONTINUATION, b"", first=0) * 1100
            + GOODBYE,
            1002,
            id="a close within a message",
        ),
        pytest.param(client_frame(BINARY, EDIT), 1003, id="binary"),
        pytest.param(client_frame(BINARY, b""), 1003, id="empty binary"),
        pytest.param(text(b"{}") * 20, 1008, id="bad frames"),
    ],
)
def test_what_breaks_the_protocol_is_closed_with_its_code(
    hostile: Hostile, witness: Witness, data: bytes, code: int
) -> None:
    hostile.send(data + text(EDIT))
    witness.writes()
    if code in (1003, 1008):
        # The server has closed, and waits for the close of the other side.
        while (frame := hostile.frame()) is not None and frame[0] != CLOSE:
            pass
        assert frame is not None
        assert int.from_bytes(frame[1][:2], "big") == code
    else:
        assert hostile.close_code() == code


def test_nothing_after_a_close_is_taken(hostile: Hostile, witness: Witness) -> None:
    hostile.send(client_frame(CLOSE, b"\x03\xe8") + text(EDIT) + b"\xff" * 1000)
    assert hostile.close_code() == 1000
    witness.sees_leave("hostile")
    # No change of somebody else's came meanwhile: the version would have told.
    witness.writes()


def test_an_edit_that_comes_byte_by_byte_is_an_edit(hostile: Hostile, witness: Witness) -> None:
    for index, byte in enumerate(text(EDIT)):
        hostile.send(bytes((byte,)))
        if index % 10 == 0:
            witness.writes()
    hostile.message("ack")
    assert witness.sees_change()["ops"][-1] == {"insert": "h"}


def test_a_message_in_very_many_pieces_is_one(hostile: Hostile, witness: Witness) -> None:
    pieces = [client_frame(CONTINUATION, EDIT[at : at + 1], first=0) for at in range(len(EDIT))]
    empty = client_frame(CONTINUATION, b"", first=0) * 500
    between = client_frame(PING, b"?")
    hostile.send(client_frame(TEXT, b"", first=0) + between.join(pieces) + empty)
    witness.writes()
    hostile.send(client_frame(CONTINUATION, b""))
    hostile.message("ack")
    assert witness.sees_change()["ops"][-1] == {"insert": "h"}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(text(EDIT)[:-1], id="all of a frame but one byte"),
        pytest.param(b"\x81", id="one byte"),
        pytest.param(of_length(1_000_000)[:20], id="the beginning of a long frame"),
        pytest.param(client_frame(TEXT, EDIT, first=0), id="all but the last fragment"),
    ],
)
def test_who_answers_no_ping_is_let_go(hostile: Hostile, witness: Witness, data: bytes) -> None:
    hostile.send(data)
    witness.writes()
    witness.sees_leave("hostile")


def test_a_flood_of_tiny_frames_holds_up_nobody(hostile: Hostile, witness: Witness) -> None:
    flood = (text(PING_TEXT) + text(b"{}")) * 1000
    for _ in range(20):
        hostile.send_while_taken(flood, len(flood), patience_seconds=0.2)
        witness.writes()


# -- peers that answer every ping, or would have hours to -----------------------------------------


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that lets go of nobody for being silent, nor for sending too many pings."""
    folder = tmp_path_factory.mktemp("patient")
    with serving(
        folder,
        ping_interval_seconds=3600,
        drain_timeout_seconds=3600,
        presences_burst=1_000_000,
    ) as running:
        yield running


@contextlib.contextmanager
def attack(patient: Served, doc_id: str, spare: int) -> Iterator[Hostile]:
    """A peer that reads nothing of its own accord, beside a witness; at the end the server takes
    hardly more memory than before, and no more than `spare` bytes meanwhile."""
    with Witness.of(patient, doc_id) as witness:
        witness.writes()
        before = patient.resident_bytes()
        with contextlib.closing(Hostile(patient, small=True)) as peer:
            peer.join(doc_id, "hostile")
            yield peer
            witness.writes()
            assert patient.resident_bytes() < before + spare
        witness.sees_leave("hostile")
        witness.writes()
        assert patient.resident_bytes() < before + 8 * MEBIBYTE
    assert patient.errors() == []


def test_who_writes_and_does_not_read_is_not_read_on(patient: Served) -> None:
    frame = text(b'{"type":"ping","data":"' + b"x" * 3000 + b'"}')
    with attack(patient, "unread", spare=16 * MEBIBYTE) as peer:
        peer.send_while_taken(frame * 20, 100 * MEBIBYTE)


def test_pings_without_end_whose_pongs_nobody_reads_take_no_memory(patient: Served) -> None:
    with attack(patient, "pings", spare=5 * MEBIBYTE) as peer:
        pings = client_frame(PING, b"x" * 125) * 500
        assert peer.send_while_taken(pings, 15 * MEBIBYTE) >= 15 * MEBIBYTE


def test_who_reads_again_gets_the_last_pong(patient: Served) -> None:
    ping = client_frame(PING, b"x" * 125)
    with (
        attack(patient, "pongs", spare=5 * MEBIBYTE) as peer,
        Witness.of(patient, "pongs", "second") as second,
    ):
        pings = peer.send_while_taken(ping * 500, 8 * MEBIBYTE) // len(ping)
        peer.send(client_frame(PING, b"last") + text(EDIT))
        # By then all of the pings have been answered that will ever be.
        second.sees_change()
        pongs = 0
        while (frame := peer.frame()) != (PONG, b"last"):
            assert frame is not None
            pongs += frame[0] == PONG
        assert pongs < pings


@pytest.mark.parametrize("piece", [b"", b"x", b"xx"])
def test_a_message_in_endless_pieces_is_closed_with_1009(patient: Served, piece: bytes) -> None:
    with attack(patient, f"pieces-{len(piece)}", spare=4 * MEBIBYTE) as peer:
        peer.send(client_frame(TEXT, b"", first=0))
        peer.send_while_taken(client_frame(CONTINUATION, piece, first=0) * 1000, MEBIBYTE)
        assert peer.close_code() in (1009, None)


def test_a_message_too_large_in_pieces_is_closed_with_1009(patient: Served) -> None:
    with attack(patient, "large", spare=8 * MEBIBYTE) as peer:
        peer.send(client_frame(TEXT, b"", first=0))
        peer.send_while_taken(client_frame(CONTINUATION, b"x" * 1000, first=0), 2 * MEBIBYTE)
        assert peer.close_code() in (1009, None)


def test_requests_without_end_take_no_memory(patient: Served) -> None:
    with (
        attack(patient, "requests", spare=5 * MEBIBYTE),
        contextlib.closing(Hostile(patient, small=True)) as other,
    ):
        other.send_while_taken(SMUGGLED.replace(b"DELETE", b"GET") * 5000, 4 * MEBIBYTE)


# -- what is no handshake -----------------------------------------------------------------------

UPGRADE = (
    b"GET %b HTTP/1.1\r\nHost: [::1]\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%b\r\n"
)
PATH = b"/ws/documents/doc"
SMUGGLED = b"DELETE /api/documents/doc HTTP/1.1\r\nHost: [::1]\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500, id="TLS"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2"),
        pytest.param(b"GET /\r\n\r\n", id="HTTP/0.9"),
        pytest.param(b"\x00" * 1000, id="NUL"),
        pytest.param(b"\r\n" * 1000, id="empty lines"),
        pytest.param(b"GET / HTTP/1.1\r\nHost", id="half a request"),
        pytest.param(b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", id="space before the colon"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: [::1]\r\n folded: y\r\n\r\n", id="folded header"),
        pytest.param(b"GET / HTTP/1.1\nHost: x\n\n", id="bare line feeds"),
        pytest.param(b"GET http://[::1 HTTP/1.1\r\nHost: [::1]\r\n\r\n", id="address cut short"),
        pytest.param(
            b"POST /api/documents HTTP/1.1\r\nHost: [::1]\r\nContent-Length: 5\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
            id="length and chunks",
        ),
        pytest.param(
            b"POST /api/documents HTTP/1.1\r\nHost: [::1]\r\nContent-Length: 5\r\n"
            b"Content-Length: 50\r\n\r\n" + SMUGGLED,
            id="two lengths",
        ),
        pytest.param(
            b"POST /api/documents HTTP/1.1\r\nHost: [::1]\r\nContent-Length: -1\r\n\r\n" + SMUGGLED,
            id="negative length",
        ),
        pytest.param(
            b"POST /api/documents HTTP/1.1\r\nHost: [::1]\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"ffffffffffffffffff\r\n" + SMUGGLED,
            id="endless chunk",
        ),
        pytest.param(UPGRADE % (b"/ws/documents/\xff\xfe", b""), id="path not ASCII"),
        pytest.param(
            UPGRADE % (b"/ws/documents/%ff%00%0d%0a", b""), id="path of control characters"
        ),
        pytest.param(UPGRADE % (PATH + b"?client_id=%ff%fe&version=\xc3\xa9", b""), id="query"),
        pytest.param(UPGRADE % (b"/ws/documents/" + b"x" * 10_000, b""), id="long path"),
        pytest.param(UPGRADE % (b"x", b""), id="path without a slash"),
        pytest.param(UPGRADE % (b"*", b""), id="path of an asterisk"),
        pytest.param(UPGRADE % (b"http://other/ws/documents/doc", b""), id="address as path"),
        pytest.param(UPGRADE % (PATH, b"X: \xff\xfe\r\n"), id="header not ASCII"),
        pytest.param(UPGRADE % (PATH, b"X: a\x00b\r\n"), id="header with NUL"),
        pytest.param(UPGRADE % (PATH, b"X: y\r\n" * 200), id="very many headers"),
        pytest.param(UPGRADE % (PATH, b"X: " + b"y" * 9000 + b"\r\n"), id="long header"),
        pytest.param(UPGRADE % (PATH, b"X: " + b"y" * 200_000 + b"\r\n"), id="endless header"),
        pytest.param(UPGRADE % (PATH, b"Sec-WebSocket-Key: x\r\n"), id="two keys"),
        pytest.param(UPGRADE % (PATH, b"Sec-WebSocket-Version: 8\r\n"), id="two versions"),
        pytest.param(UPGRADE % (PATH, b"Content-Length: 40\r\n") + SMUGGLED, id="body"),
        pytest.param(
            UPGRADE % (PATH, b"Transfer-Encoding: chunked\r\n") + b"5\r\nhello\r\n0\r\n\r\n",
            id="chunked body",
        ),
        pytest.param(UPGRADE % (PATH, b"Origin: \xff\r\n"), id="origin"),
        pytest.param(UPGRADE % (PATH, b"Authorization: Bearer \xff\r\n"), id="token"),
        pytest.param(UPGRADE % (PATH, b"Cookie: collab_token=\xff; =;;\r\n"), id="cookie"),
        pytest.param(UPGRADE % (PATH, b"Sec-WebSocket-Protocol: \xff,,\r\n"), id="subprotocol"),
        pytest.param(UPGRADE % (PATH, b"Sec-WebSocket-Extensions: ;;=\r\n"), id="extensions"),
        pytest.param(UPGRADE.replace(b"GET", b"POST") % (PATH, b""), id="other method"),
        pytest.param(UPGRADE.replace(b"HTTP/1.1", b"HTTP/1.0") % (PATH, b""), id="HTTP/1.0"),
        pytest.param(UPGRADE.replace(b": 13", b": 99") % (PATH, b""), id="other version"),
        pytest.param(UPGRADE.replace(b"Sec-WebSocket-Key", b"X") % (PATH, b""), id="no key"),
        pytest.param(UPGRADE.replace(b"dGhl", b"!!!!") % (PATH, b""), id="bad key"),
        pytest.param(UPGRADE % (PATH, b"") + SMUGGLED * 3, id="requests after the handshake"),
        pytest.param(UPGRADE % (PATH, b"") + b"\xff" * 5000, id="noise after the handshake"),
        pytest.param(SMUGGLED.replace(b"DELETE", b"GET") * 49 + LAST, id="fifty requests at once"),
    ],
)
def test_what_is_no_handshake_harms_nobody(served: Served, witness: Witness, data: bytes) -> None:
    with contextlib.closing(Hostile(served)) as peer:
        peer.send(data)
        # Whoever is let in all the same answers no ping.
        answer = peer.everything()
        assert not answer.startswith(b"HTTP/1.1 5")
        witness.writes()


def test_what_comes_with_the_handshake_does_not_begin_a_frame_in_the_middle(
    served: Served, witness: Witness, request: pytest.FixtureRequest
) -> None:
    with contextlib.closing(Hostile(served)) as peer:
        peer.join(doc_of(request), "hostile", after=text(EDIT))
        peer.message("document_state")
        peer.send(text(b'{"type":"ping","data":"still in step"}'))
        assert peer.message("pong")["data"] == "still in step"
    witness.sees_leave("hostile")


def test_compression_is_not_agreed_on(served: Served, request: pytest.FixtureRequest) -> None:
    with contextlib.closing(Hostile(served)) as peer:
        offer = b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
        answer = peer.join(doc_of(request), "hostile", offer)
        assert answer.startswith(b"HTTP/1.1 101")
        assert b"extensions" not in answer.lower()
