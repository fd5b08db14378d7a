"""The types that a server's documents may have, with the limits of its settings."""

from __future__ import annotations

from .. import ot
from ..ot import OperationType
from ..settings import Settings

__all__ = ["DocumentTypes"]


class DocumentTypes:
    """The registered types. Those of this package have the limits of the settings; one that
    somebody else has registered, also in the place of ours, brings its own."""

    def __init__(self, settings: Settings) -> None:
        components = settings.operation_maximum_components
        limited: tuple[OperationType, ...] = (
            ot.TextType(components),
            ot.RichTextType(
                components,
                attribute_depth=settings.attribute_maximum_depth,
                maximum_attributes=settings.component_maximum_attributes,
            ),
            ot.JsonType(settings.json_operation_maximum_components),
        )
        self._limited = {each.name: each for each in limited}

    def get(self, name: str) -> OperationType:
        """The type of this name; raises `WrongDocType` if there is none."""
        registered = ot.get_type(name)
        is_own = any(registered is own for own in ot.OWN_TYPES)
        return self._limited[name] if is_own else registered
