"""A package of somebody else with a document type, as an installer leaves it in a folder."""

from __future__ import annotations

from pathlib import Path

from tests.ot import growset

__all__ = ["install_growset", "install_package"]


def install_package(
    folder: Path, package: str, source: str, entry_point: str, group: str = "collab.types"
) -> None:
    """A module of the package's name, and the metadata that tell of its entry point."""
    (folder / f"{package}.py").write_text(source, encoding="utf-8")
    metadata = folder / f"{package}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{group}]\n{entry_point}\n")


def install_growset(folder: Path) -> None:
    source = Path(growset.__file__).read_text(encoding="utf-8")
    install_package(folder, "growset", source, "growset = growset:GrowSetType")
