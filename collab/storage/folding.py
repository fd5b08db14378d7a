"""What a search compares: texts without what their writing leaves open.

One function makes both what is stored of a title and what is searched for, so that the database
only has to compare characters.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["fold", "search_text"]

SEPARATOR = "\n"
"""Not in any folded text."""

_SPACE = re.compile(r"\s")
# Characters that show nothing by themselves and are no format characters (Cf) either.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def fold(text: str) -> str:
    """The text without differences of case, of composed and decomposed letters, and of forms that
    are compatible (ligatures, full width), after Unicode's compatibility caseless match.

    Invisible characters are left out, each white space is a space, and the dotted and dotless `i`
    of Turkish are one letter. Accents count: `e` is found in `é`, but `é` is not in `e`.
    """
    if not text.isascii():
        text = "".join(each for each in text if unicodedata.category(each) != "Cf")
        text = _INVISIBLE.sub("", text)
        # Folding can bring letters in that can be decomposed, and the other way round.
        text = unicodedata.normalize("NFD", text).casefold()
        text = unicodedata.normalize("NFKD", text).casefold()
        text = unicodedata.normalize("NFKD", text)
        text = text.replace("i\u0307", "i").replace("\u0131", "i")
    return _SPACE.sub(" ", text.lower() if text.isascii() else text)


def search_text(title: str, doc_id: str) -> str:
    """What is stored of a document for searches."""
    return fold(title) + SEPARATOR + fold(doc_id)
