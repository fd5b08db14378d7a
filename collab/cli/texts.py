"""Texts from the command line and to the terminal, which may use an encoding other than UTF-8.

Bytes of an argument that can't be decoded become lone surrogates (PEP 383), which can neither be
stored in a database nor printed.
"""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import click

__all__ = ["TEXT", "file_title", "prepare_streams", "printable"]


class _Text(click.ParamType[str]):
    """A text that can be stored: valid Unicode, whatever the terminal's encoding is."""

    name = "text"

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> str:
        text = str(value)
        try:
            text.encode()
            return text
        except UnicodeEncodeError:
            pass
        try:
            return os.fsencode(text).decode()
        except UnicodeError:
            self.fail(f"got {printable(text)!r}: expected UTF-8 text", parameter, context)


TEXT = _Text()


def prepare_streams() -> None:
    """Make standard output and error escape characters that their encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def printable(text: str) -> str:
    """The text in one line, with control characters escaped."""
    if text.isprintable():
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape", "surrogatepass").decode()


def file_title(file: Path, maximum: int) -> str:
    """A valid title from a file's name, which may be empty."""
    name = os.fsencode(file.name).decode("utf-8", "replace") if file.name else ""
    shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in name)
    return shown[:maximum].strip()
