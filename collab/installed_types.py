"""Document types of other installed packages: the entry points of the group `collab.types`.

    [project.entry-points."collab.types"]
    growset = "growset:GrowSetType"

The entry point's name is the name of the type. It refers to a class, which is called without
arguments, or to an object.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from .errors import ConfigurationError
from .ot import OWN_TYPES, OperationType, register, types

__all__ = ["GROUP", "register_installed_types"]

GROUP = "collab.types"
MEMBERS = [name for name in vars(OperationType) if not name.startswith("_")]


def register_installed_types() -> None:
    """Register the types of installed packages. A type that the program has already registered
    under the same name stays.

    Raises:
        ConfigurationError: a type can't be loaded, or two have the same name. The program must not
            run without a type that its documents need.
    """
    owners = {own.name: "collab itself" for own in OWN_TYPES}
    for point in entry_points(group=GROUP):
        if point.name in owners:
            raise ConfigurationError(
                f"the document type '{point.name}' of {owner(point)} exists already in "
                f"{owners[point.name]}: uninstall one of them"
            )
        owners[point.name] = owner(point)
        if point.name not in types():
            register(loaded(point))


def loaded(point: EntryPoint) -> OperationType:
    try:
        offered = point.load()
        made: Any = offered() if isinstance(offered, type) else offered
    # The class is another package's code and may raise anything.
    except Exception as error:
        raise unusable(point, f"{type(error).__name__}: {error}") from error
    missing = [name for name in MEMBERS if not hasattr(made, name)]
    if missing:
        raise unusable(point, f"{point.value} has no {', '.join(missing)}")
    if made.name != point.name:
        raise unusable(point, f"{point.value} has the name {made.name!r}")
    operation_type: OperationType = made
    return operation_type


def unusable(point: EntryPoint, problem: str) -> ConfigurationError:
    return ConfigurationError(
        f"the document type '{point.name}' of {owner(point)} can't be used: {problem}; "
        "repair the package or uninstall it"
    )


def owner(point: EntryPoint) -> str:
    return f"the package '{point.dist.name}'" if point.dist is not None else "a package"
