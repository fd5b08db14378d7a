"""The one rule for titles, wherever they come from."""

from __future__ import annotations

from ..auth.texts import check_text

__all__ = ["TITLE_MAXIMUM", "check_title"]

TITLE_MAXIMUM = 200


def check_title(title: str) -> str:
    """The title without white space around it.

    Raises:
        InvalidRequest: it has more than 200 characters, or some that a title may not have.
    """
    title = title.strip()
    check_text("title", title, TITLE_MAXIMUM)
    return title
