"""The algebra of attributes, which format a stretch of content or change its format.

A missing key leaves a format unchanged, null removes it. The results are those of quill-delta's
AttributeMap. None means no attributes; no function returns an empty object.
"""

from __future__ import annotations

from typing import Any

from ..values import same

__all__ = ["Attributes", "compose", "difference", "invert", "same_attributes", "transform"]

Attributes = dict[str, Any]


def compose(
    earlier: Attributes | None, later: Attributes | None, *, keep_null: bool
) -> Attributes | None:
    """Compose `earlier` and `later`; `keep_null` for a retain, whose content is not known yet."""
    if later is None:
        return earlier
    composed = later if keep_null else without_null(later)
    if earlier is not None:
        composed = {**composed, **{key: earlier[key] for key in earlier if key not in later}}
    return composed or None


def without_null(attributes: Attributes) -> Attributes:
    return {key: value for key, value in attributes.items() if value is not None}


def transform(
    attributes: Attributes | None, other: Attributes | None, *, first: bool
) -> Attributes | None:
    """Return `attributes` after `other`: for a key in both, the operation committed first wins.

    The result is the same object if no key is in both, checked in the time of the smaller one.
    """
    if attributes is None or other is None or first:
        return attributes
    if attributes.keys().isdisjoint(other.keys()):
        return attributes
    return {key: attributes[key] for key in attributes if key not in other} or None


def invert(attributes: Attributes, base: Attributes | None) -> Attributes | None:
    """Return the attributes that undo `attributes` on a stretch that had the attributes `base`."""
    base = base or {}
    inverse: Attributes = {}
    for key in attributes:
        if key not in base:
            inverse[key] = None
        elif changes(attributes, base, key):
            inverse[key] = base[key]
    return inverse or None


def changes(attributes: Attributes, base: Attributes, key: str) -> bool:
    """Compare as JavaScript's `!==`: two objects are never identical."""
    value = attributes[key]
    return isinstance(value, (dict, list)) or not same(value, base[key])


def difference(before: Attributes | None, after: Attributes | None) -> Attributes | None:
    """Return the attributes that turn `before` into `after`."""
    before, after = before or {}, after or {}
    changed: Attributes = {key: None for key in before if key not in after}
    for key, value in after.items():
        if key not in before or not same(before[key], value):
            changed[key] = value
    return changed or None


def same_attributes(one: Attributes | None, two: Attributes | None) -> bool:
    # Python treats 1 and True as equal, but its comparison is much faster and rules out most.
    return one is two or (one is not None and two is not None and one == two and same(one, two))
