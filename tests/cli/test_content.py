"""Content goes out by `export` and in by `import` as it was: every type, every value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Run

DEEP: Any = 1
for _ in range(60):
    DEEP = [DEEP]

VALUES = {
    "digits": "123",
    "word": "hello",
    "empty string": "",
    "literal": "true",
    "quotes": '"quoted" \\ and\ttab\r\n\x00\x7f\u2028\ufeff',
    "number": 123,
    "zero": 0,
    "false": False,
    "float": 2.5,
    "small": 5e-324,
    "large": 1.7976931348623157e308,
    "largest integer": 2**53 - 1,
    "beyond integers": 1e22,
    "empty list": [],
    "empty object": {},
    "order of keys": {"z": 1, "a": 2, "": {"é": None, "e\u0301": None}},
    "null inside": [None, {"a": None}],
    "deep": DEEP,
    "astral": "🙂\U0010ffff",
}


@pytest.mark.parametrize("name", VALUES)
def test_a_json_value_is_exported_and_imported_as_it_is(
    collab: Run, folder: Path, name: str
) -> None:
    value = VALUES[name]
    (folder / "in").write_bytes(json.dumps(value, ensure_ascii=False).encode())
    made = collab("documents", "import", "in", "--type", "json", "--id", "one")
    assert (made.status, made.complaint) == (0, "")
    exported = collab("documents", "export", "one").bytes
    assert json.dumps(json.loads(exported)) == json.dumps(value)
    (folder / "out").write_bytes(exported)
    again = collab("documents", "import", "out", "--type", "json", "--id", "two")
    assert (again.status, again.complaint) == (0, "")
    assert collab("documents", "export", "two").bytes == exported


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\xef\xbb\xbfwith a byte order mark\n",
        b"a\r\nb\rc\n\n",
        b"\x00\x01\x1b[31m\x7f",
        b'"123"',
        "\u2028\u2029\u0085\ufffe\U0010ffff e\u0301 é".encode(),
    ],
)
def test_a_text_is_exported_byte_for_byte(collab: Run, folder: Path, data: bytes) -> None:
    (folder / "in").write_bytes(data)
    assert collab("documents", "import", "in", "--id", "one").status == 0
    assert collab("documents", "export", "one").bytes == data


@pytest.mark.parametrize(
    "content",
    [
        {"ops": []},
        {"ops": [{"insert": "\x00\r\n"}]},
        {"ops": [{"insert": "1", "attributes": {"link": "a", "n": -1.5, "b": True}}]},
        {"ops": [{"insert": {"image": "data:,"}}, {"insert": {"n": "5"}}]},
    ],
)
def test_a_rich_text_is_exported_and_imported_as_it_is(
    collab: Run, folder: Path, content: Any
) -> None:
    (folder / "in").write_text(json.dumps(content))
    made = collab("documents", "import", "in", "--type", "richtext", "--id", "one")
    assert (made.status, made.complaint) == (0, "")
    exported = collab("documents", "export", "one").bytes
    assert json.loads(exported) == content
    (folder / "out").write_bytes(exported)
    collab("documents", "import", "out", "--type", "richtext", "--id", "two")
    assert collab("documents", "export", "two").bytes == exported


def test_a_byte_order_mark_before_json_is_passed_over(collab: Run, folder: Path) -> None:
    (folder / "in").write_bytes(b'\xef\xbb\xbf{"a": 1}\n')
    assert collab("documents", "import", "in", "--type", "json", "--id", "one").status == 0
    assert json.loads(collab("documents", "export", "one").bytes) == {"a": 1}


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "in is not JSON"),
        (b"null", "in holds null"),
        (b"NaN", "in is not JSON"),
        (b"1e400", "in is not JSON"),
        (b'"\\ud800"', "in is not JSON"),
        (b"[" * 100_000, "in is not JSON"),
        (b"[" * 65 + b"]" * 65, "nested too deep"),
        (b"1" * 5000, "out of range"),
        (b'{"a": 1} {"b": 2}', "in is not JSON"),
        (b'{"__proto__": 1}', "'__proto__' can't be a key"),
    ],
)
def test_what_is_no_content_is_refused_in_one_line(
    collab: Run, folder: Path, data: bytes, complaint: str
) -> None:
    (folder / "in").write_bytes(data)
    outcome = collab("documents", "import", "in", "--type", "json", "--id", "one")
    assert outcome.status == 1
    assert complaint in outcome.error
    assert collab("documents", "list").output == ""


@pytest.mark.parametrize(("doc_type", "byte"), [("text", b"x"), ("json", b" ")])
def test_a_file_that_is_too_large_is_refused(
    collab: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, doc_type: str, byte: bytes
) -> None:
    monkeypatch.setenv("COLLAB_MAX_DOCUMENT_SIZE", "100")
    (folder / "in").write_bytes(byte * 10_000)
    outcome = collab("documents", "import", "in", "--type", doc_type)
    assert outcome.status == 1
    assert "in is larger than" in outcome.error
    (folder / "in").write_bytes(b"x" * 101)
    assert "the limit is 100" in collab("documents", "import", "in").error


def test_an_endless_file_is_not_read_to_its_end(
    collab: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLLAB_MAX_DOCUMENT_SIZE", "100")
    assert "is larger than" in collab("documents", "import", "/dev/zero").error


def test_an_export_replaces_a_file_and_keeps_its_permissions(collab: Run, folder: Path) -> None:
    (folder / "in").write_text("new")
    collab("documents", "import", "in", "--id", "one")
    (folder / "out").write_text("old and longer")
    (folder / "out").chmod(0o600)
    (folder / "link").symlink_to("out")
    assert collab("documents", "export", "one", "-o", "link").status == 0
    assert (folder / "link").is_symlink()
    assert (folder / "out").read_text() == "new"
    assert (folder / "out").stat().st_mode & 0o777 == 0o600
    assert collab("documents", "export", "one", "-o", "-").bytes == b"new"
    assert collab("documents", "export", "one", "-o", "/dev/stdout").bytes == b"new"


@pytest.mark.parametrize("name", ["collab.db", "./collab.db", "link"])
def test_an_export_never_replaces_the_database(collab: Run, folder: Path, name: str) -> None:
    (folder / "in").write_text("text")
    collab("documents", "import", "in", "--id", "one")
    (folder / "link").symlink_to("collab.db")
    outcome = collab("documents", "export", "one", "-o", name)
    assert outcome.status == 1
    assert "is the database's own file" in outcome.error
    assert collab("documents", "export", "one").bytes == b"text"
