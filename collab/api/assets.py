"""What is in `static/`: of which version it is, and whether pages are served with their bundles.

The version is a digest of all files but the pages made from it. Bundles name everything by the
version that they were made for (scripts/pages.mjs); a file that was changed since makes them stale.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from servestatic import ServeStaticASGI

from ..resources import resource_folder

__all__ = ["BUILT", "PAGE_SUFFIX", "Assets", "packaged_assets"]

logger = logging.getLogger(__name__)

BUILT = "built"
"""The folder of the bundles, and of the pages that name them."""

PAGE_SUFFIX = ".html"
COMPRESSED_SUFFIXES = (".br", ".gz")
VERSION_LENGTH = 16

# As scripts/bundle.mjs names them.
_HASHED = re.compile(r"/vendor/[^/]+-[0-9A-Z]{8}\.js\Z")


@cache
def packaged_assets(*, sources: bool) -> Assets:
    """The files that come with the package. Applications of one process share them: to read and
    list them takes longer than all else at an application's start.
    """
    return Assets(resource_folder("static"), sources=sources)


class Assets:
    """The files of a folder.

    Attributes:
        version: of the bundles that pages are served with; None if they are served with the modules
            that the bundles are made from.

    Args:
        sources: whether the modules are wanted, also where the bundles are not stale, and as they
            are when they are asked for.
    """

    def __init__(self, folder: Path, *, sources: bool = False) -> None:
        self.folder = folder
        self.sources = sources
        self._digests = dict(digests(folder))
        self.version = None if sources else self._fresh()

    def tag(self, path: str) -> str | None:
        """The entity tag of the file at a path below the folder: by its bytes, not its time."""
        digest = digest_of(self.folder / path) if self.sources else self._digests.get(path)
        return None if digest is None else f'"{digest[:32]}"'

    @cached_property
    def application(self) -> Any:
        """The ASGI application that serves the files, each by its path below the folder."""
        return ServeStaticASGI(
            None,
            root=self.folder,
            max_age=0,
            autorefresh=self.sources,
            charset="utf-8",
            mimetypes={".map": "application/json"},
            immutable_file_test=lambda path, url: bool(_HASHED.search(url)),
            add_headers_function=self._add_tag,
        )

    def _add_tag(self, headers: Any, path: str, url: str) -> None:
        # By the bytes: a file of another release may have the same size and time.
        found = self.tag(url.removeprefix("/"))
        if found is not None:
            headers["ETag"] = found

    def _fresh(self) -> str | None:
        built = self.folder / BUILT / "VERSION"
        version = built.read_text("utf-8").strip() if built.is_file() else None
        if version == self.digest:
            return version
        logger.info(
            "the bundles in %s are out of date: pages load the modules instead, which takes "
            "longer; run `make bundle`",
            built.parent,
        )
        return None

    @property
    def digest(self) -> str:
        """What `built/VERSION` says where the bundles are of these files."""
        lines = sorted(
            f"{path} {digest}\n" for path, digest in self._digests.items() if is_counted(path)
        )
        return hashlib.sha256("".join(lines).encode()).hexdigest()[:VERSION_LENGTH]


def is_counted(path: str) -> bool:
    """Whether a file is part of the version, and not made from it."""
    return not path.startswith(f"{BUILT}/") or not path.endswith((PAGE_SUFFIX, "/VERSION"))


def digests(folder: Path) -> Iterator[tuple[str, str]]:
    """Path and SHA-256 of each file that is served, but for compressed forms of others."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if any(part.startswith(".") for part in inside.parts):
            continue
        if path.is_file() and path.suffix not in COMPRESSED_SUFFIXES:
            yield inside.as_posix(), digest_of(path)


def digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
