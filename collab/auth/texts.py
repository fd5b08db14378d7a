"""What people write to be shown to others on one line: names, titles, ids of users.

`static/js/text.js` is the same for the browser, and both are tested with `tests/texts.json`.
"""

from __future__ import annotations

import re
import unicodedata

from ..errors import InvalidRequest

__all__ = ["check_text", "is_visible"]

# What has no place on a line or changes it beyond the text itself: controls (C0, C1), separators of
# lines and paragraphs, embeddings, overrides and isolates of a direction with the deprecated format
# characters after them, interlinear annotations, lone surrogates, and what is no character at all.
# Everything else is somebody's letter: joiners (U+200C, U+200D), spaces of any width, direction
# marks, variation selectors, tags in flags; and characters that Unicode gives a meaning only in a
# later version or leaves to private use.
_REFUSED = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u206f\ufff9-\ufffb\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(17))
    + "]"
)

# Letters and symbols that show nothing: the fillers of Hangul, and the empty pattern of Braille.
_EMPTY = frozenset("\u115f\u1160\u3164\uffa0\u2800")


def check_text(parameter: str, value: str, maximum: int) -> None:
    """Raise `InvalidRequest` unless `value` has at most `maximum` characters (code points), all of
    which can stand on a line."""
    if len(value) > maximum:
        raise InvalidRequest(
            f"parameter '{parameter}' has {len(value)} characters, the limit is {maximum}"
        )
    refused = _REFUSED.search(value)
    if refused is not None:
        raise InvalidRequest(
            f"parameter '{parameter}' holds U+{ord(refused[0]):04X} at {refused.start()}: expected "
            "no control characters, line separators or controls of direction"
        )


def is_visible(value: str) -> bool:
    """Whether any of it is to be seen: spaces, joiners and marks without a letter are not."""
    return any(
        unicodedata.category(char)[0] != "Z"
        and unicodedata.category(char) not in ("Cf", "Mn")
        and char not in _EMPTY
        for char in value
    )
