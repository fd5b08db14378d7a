"""The one rule for titles, wherever they come from."""

from __future__ import annotations

from ..auth.texts import check_text

__all__ = ["MAX_TITLE", "check_title"]

MAX_TITLE = 200


def check_title(title: str) -> str:
    """The title without white space around it.

    Raises:
        InvalidRequest: it has more than 200 characters, or some that a title may not have.
    """
    title = title.strip()
    check_text("title", title, MAX_TITLE)
    return title
