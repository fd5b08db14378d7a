"""The algebra of attributes: what formats a stretch of content or changes its format.

A missing key leaves a format as it is, null removes it. The answers are those of quill-delta's
AttributeMap; None stands for no attributes, and no function returns an empty object.
"""

from __future__ import annotations

from typing import Any

from ..values import same

__all__ = ["Attributes", "compose", "difference", "invert", "same_attributes", "transform"]

Attributes = dict[str, Any]


def compose(
    earlier: Attributes | None, later: Attributes | None, *, keep_null: bool
) -> Attributes | None:
    """`earlier`, then `later`; `keep_null` where what they change is not known yet: on a retain."""
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
    """`attributes` after `other`: what was committed first wins where both set the same.

    Itself where they set nothing in common, found out in the time of the smaller.
    """
    if attributes is None or other is None or first:
        return attributes
    if attributes.keys().isdisjoint(other.keys()):
        return attributes
    return {key: attributes[key] for key in attributes if key not in other} or None


def invert(attributes: Attributes, base: Attributes | None) -> Attributes | None:
    """What takes `attributes` back from a stretch that had the attributes `base`."""
    base = base or {}
    inverse: Attributes = {}
    for key in attributes:
        if key not in base:
            inverse[key] = None
        elif changes(attributes, base, key):
            inverse[key] = base[key]
    return inverse or None


def changes(attributes: Attributes, base: Attributes, key: str) -> bool:
    """As JavaScript's `!==` sees it: two objects are never one."""
    value = attributes[key]
    return isinstance(value, (dict, list)) or not same(value, base[key])


def difference(before: Attributes | None, after: Attributes | None) -> Attributes | None:
    """What makes `before` into `after`."""
    before, after = before or {}, after or {}
    changed: Attributes = {key: None for key in before if key not in after}
    for key, value in after.items():
        if key not in before or not same(before[key], value):
            changed[key] = value
    return changed or None


def same_attributes(one: Attributes | None, two: Attributes | None) -> bool:
    # Python takes 1 and True for the same, but it compares much faster.
    return one is two or (one is not None and two is not None and one == two and same(one, two))
