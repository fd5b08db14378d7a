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
        components = settings.max_operation_components
        limited: tuple[OperationType, ...] = (
            ot.TextType(components),
            ot.RichTextType(
                components,
                attribute_depth=settings.max_attribute_depth,
                max_attributes=settings.max_component_attributes,
            ),
            ot.JsonType(settings.max_json_operation_components),
        )
        self._limited = {each.name: each for each in limited}

    def get(self, name: str) -> OperationType:
        """The type of this name; raises `WrongDocType` if there is none."""
        registered = ot.get_type(name)
        is_own = any(registered is own for own in ot.OWN_TYPES)
        return self._limited[name] if is_own else registered
