"""Where the folders are that come with the program beside its code."""

from __future__ import annotations

from pathlib import Path

__all__ = ["resource_folder"]


def resource_folder(name: str) -> Path:
    """`static` or `migrations`: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    installed = package / name
    return installed if installed.is_dir() else package.parent / name
