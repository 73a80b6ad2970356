"""Terms: by which parts of a name it is found, whatever its case, its accents and its marks."""

import re
import unicodedata

LONGEST = 24
"""Characters of a term at most; `web/static/js/data/site-search.js` cuts what is typed there."""
_WORD = re.compile(r"[^\W_]+")
_PARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Za-z])(?=[0-9])")


def search_terms(name: str) -> list[str]:
    """The terms of a name, each once: its words, and what follows in them where a part begins.

    "MobileNetV2" is found by "mobilenetv2", "netv2" and "v2", "block5b_add" by "block5b", "5b" and
    "add", "IMG_0042" by "img", "0042" and "42"; of a term its beginning is enough.
    """
    decomposed = unicodedata.normalize("NFKD", name)
    plain = "".join(char for char in decomposed if not unicodedata.category(char).startswith("M"))
    found: dict[str, None] = {}
    for word in _WORD.findall(plain):
        parts = (part.start() for part in _PARTS.finditer(word))
        starts = [0, *parts, len(word) - len(word.lstrip("0"))]
        for start in starts:
            if start == 0 or len(word) - start > 1:
                found[word[start:].lower()[:LONGEST]] = None
    return list(found)
