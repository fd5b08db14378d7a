"""Validation of single-line texts that are shown to other users: names, titles, user ids.

`static/js/text.js` has the same rules for the browser. `tests/texts.json` tests both.
"""

from __future__ import annotations

import re
import unicodedata

from ..errors import InvalidRequest

__all__ = ["check_text", "is_visible"]

# Characters that break a line or affect the text around them: controls (C0, C1), line and paragraph
# separators, directional embeddings, overrides and isolates with the deprecated format characters
# after them, interlinear annotations, lone surrogates, and noncharacters. All others are accepted,
# since some script or emoji needs them: joiners (U+200C, U+200D), spaces of any width, direction
# marks, variation selectors, tags in flags, unassigned characters and private use.
_REFUSED = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u206f\ufff9-\ufffb\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(17))
    + "]"
)

# Letters and symbols without a glyph: the Hangul fillers and the blank Braille pattern.
_EMPTY = frozenset("\u115f\u1160\u3164\uffa0\u2800")


def check_text(parameter: str, value: str, maximum: int) -> None:
    """Raise `InvalidRequest` unless `value` has at most `maximum` characters (code points) and all
    of them are allowed on a single line."""
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
    """Whether any character is visible. Spaces, format characters and combining marks are not."""
    return any(
        unicodedata.category(char)[0] != "Z"
        and unicodedata.category(char) not in ("Cf", "Mn")
        and char not in _EMPTY
        for char in value
    )
