"""Import and export of a document's content as a file.

The file of a text document is the text itself, byte for byte. The content of any other type is
JSON; a string has its quotes.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import click
import msgspec

from ..ot import OperationType
from .texts import printable

__all__ = ["as_text", "from_text", "read_text", "write_output"]

TEXT_BYTES_PER_UNIT = 3
"""Most bytes of UTF-8 for one UTF-16 code unit."""
JSON_BYTES_PER_BYTE = 64
"""Most bytes of a JSON file, white space included, for one byte of its value."""
STREAM = "-"


def as_text(content: Any, doc_type: OperationType) -> str:
    """Convert content to the text of a file; `from_text` is the inverse."""
    if is_text(doc_type):
        return str(content)
    return json.dumps(content, ensure_ascii=False, indent=2)


def from_text(text: str, doc_type: OperationType, file: Path) -> Any:
    """Convert the text of a file to content; `as_text` is the inverse.

    Raises:
        ClickException: the type needs JSON, and the text is not valid JSON.
    """
    if is_text(doc_type):
        return text
    try:
        # Some editors write a byte order mark.
        content = msgspec.json.decode(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"))
    except (ValueError, RecursionError) as error:
        raise click.ClickException(
            f"{file} is not JSON, which the type '{doc_type.name}' requires: {error}"
        ) from None
    if content is None:
        raise click.ClickException(
            f"{file} holds null, which is not valid content of the type '{doc_type.name}'"
        )
    return content


def is_text(doc_type: OperationType) -> bool:
    return isinstance(doc_type.create(), str)


def read_text(file: Path, doc_type: OperationType, max_size: int) -> str:
    """The text of a UTF-8 file, or of standard input if its name is `-`.

    Args:
        max_size: largest size of a document. A file that is certainly larger is not read entirely.

    Raises:
        ClickException: the file can't be read, is too large or is not UTF-8.
    """
    limit = max_size * (TEXT_BYTES_PER_UNIT if is_text(doc_type) else JSON_BYTES_PER_BYTE)
    try:
        data = _read(file, limit + 1)
    except OSError as error:
        raise click.FileError(str(file), error.strerror) from None
    if len(data) > limit:
        raise click.ClickException(
            f"{file} is larger than {limit} bytes: a document has a size of at most "
            f"{max_size} (max_document_size)"
        )
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file} is not UTF-8 text: {error}") from None


def _read(file: Path, maximum: int) -> bytes:
    if str(file) == STREAM:
        return _standard_input().read(maximum)
    with open(file, "rb") as opened:
        return opened.read(maximum)


def _standard_input() -> BinaryIO:
    if sys.stdin is None:
        raise click.ClickException("there is no standard input: give the name of a file")
    return sys.stdin.buffer


def write_output(data: bytes, output: Path | None, never: Iterable[Path] = ()) -> None:
    """Write to a file, or to standard output if `output` is None or `-`.

    An existing file is replaced once the new one is complete.

    Args:
        never: files that must not be replaced.

    Raises:
        ClickException: the output can't be written.
    """
    if output is None or str(output) == STREAM:
        if sys.stdout is None:
            raise click.ClickException("there is no standard output: name a file by --output")
        click.echo(data, nl=False)
        return
    try:
        for each in never:
            if each.exists() and output.exists() and output.samefile(each):
                raise click.ClickException(
                    f"{output} is the database's own file: choose another name"
                )
        _write(data, output)
    except OSError as error:
        raise click.FileError(printable(str(output)), error.strerror) from None


def _write(data: bytes, output: Path) -> None:
    target = Path(os.path.realpath(output))
    if output.exists():
        if not _is_plain(output, target):
            output.write_bytes(data)
            return
        if not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    handle, name = tempfile.mkstemp(prefix=".collab-export-", dir=target.parent)
    try:
        with open(handle, "wb") as file:
            file.write(data)
            os.fchmod(handle, _mode(target))
            file.flush()
            os.fsync(handle)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def _is_plain(output: Path, target: Path) -> bool:
    """Whether it is a regular file that can be replaced: no device, pipe or name in /dev/fd."""
    if not stat.S_ISREG(output.stat().st_mode):
        return False
    return target.exists() and target.samefile(output)


def _mode(target: Path) -> int:
    """The permissions of the existing file, or those of a new one."""
    with contextlib.suppress(FileNotFoundError):
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
