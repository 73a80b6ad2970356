"""In which encoding a text file was written, where nothing says it."""

import codecs
import re

from charset_normalizer import from_bytes

_LATIN = ("cp1252", "cp1250", "mac_roman", "cp850")
"""Those of Latin letters, the likeliest first: of Windows, of a Mac's Excel, of DOS."""
_OTHERS = ["cp1251", "cp1253", "cp1255", "cp1256", "koi8_r", "cp932", "gb18030", "big5", "cp949"]
"""Those of other letters, in which whole words are beyond ASCII."""
_FOREIGN = 0.6
"""The share of bytes beyond ASCII in words that hold any, above which letters are not Latin."""
_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")


def wide_encoding(text: bytes) -> str:
    """The form of UTF-16 that a text is in which begins so; empty if it is in none.

    Without a mark, every other byte of most texts is 0.
    """
    if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for first, name in ((0, "utf-16-be"), (1, "utf-16-le")):
        noughts, others = text[first::2], text[1 - first :: 2]
        if 2 * noughts.count(0) > len(noughts) and 0 not in others:
            return name
    return ""


def find_encoding(text: bytes) -> tuple[str, bool]:
    """The encoding of what begins with `text`, as Python calls it, and whether it is guessed.

    UTF-8 and UTF-16 tell themselves. What is neither is guessed from the words beyond ASCII: an
    encoding of Latin letters is likely in which letters follow letters, and no capital a small one.
    """
    if wide := wide_encoding(text):
        return wide, False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(text)  # whose last letter may be cut
    except UnicodeDecodeError:
        return _guess(sorted(set(_WORD.findall(text)))), True
    return "utf-8-sig", False


def _guess(words: list[bytes]) -> str:
    text = b"\n".join(words)
    beyond, count = sum(byte > 127 for byte in text), sum(map(len, words))
    if count > 3 and beyond > _FOREIGN * count:
        match = from_bytes(text, cp_isolation=_OTHERS).best()
        if match is not None:
            return match.encoding
    return min(_LATIN, key=lambda encoding: _oddities(text, encoding))


def _oddities(text: bytes, encoding: str) -> float:
    """How many characters of words can hardly stand there, if they are of that encoding."""
    try:
        chars = text.decode(encoding)
    except UnicodeDecodeError:
        return float("inf")
    return sum(
        char > "\x7f"
        and (not char.isalpha() or char in "ªº" or (char.isupper() and last.islower()))
        for last, char in zip("\n" + chars, chars, strict=False)
    )
