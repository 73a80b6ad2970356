"""Text of the site: names and numbers as all its pages write them, and its JSON."""

import json
import unicodedata
from math import floor, isnan, log10
from typing import Any

from diamond_cutter.precompute.stores.study.study_layout import Interval

FORMAT_VERSION = 1
"""Of every JSON file of the site; `web/static/js/data/fetched-documents.js` refuses another."""
_THIN = "\N{NARROW NO-BREAK SPACE}"
_HIDDEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Categories of characters that can't be seen, or that break a line."""
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of the text around them."""
_ESCAPES = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def shown(name: str) -> str:
    r"""A name as a page shows it: characters that can't be seen as escapes, like "\n" or "\u202e".

    Still to be escaped as HTML, and to be kept apart (`<bdi>`) from the text around it.
    """
    return "".join(_escape(char) for char in name)


def apart(name: str) -> str:
    """A name as shown, for text that has no elements: kept apart from the direction around it."""
    return f"\N{FIRST STRONG ISOLATE}{shown(name)}\N{POP DIRECTIONAL ISOLATE}"


def grouped(number: int) -> str:
    """A whole number with its thousands apart: 4 652 008, with narrow no-break spaces."""
    return f"{number:,}".replace(",", _THIN)


def decimal(number: float) -> str:
    """A number of two decimals, with a true minus sign; empty for NaN."""
    return "" if isnan(number) else f"{number:.2f}".replace("-", "\u2212")


def percent(share: float) -> str:
    """A share, 0..1, as a percentage of one decimal."""
    return f"{100 * share:.1f}{_THIN}%"


def whole_percent(share: float) -> str:
    """A share, 0..1, as a whole percentage; what is neither all nor nothing never looks so."""
    if 0 < share <= 0.005:
        return f"<1{_THIN}%"
    if 0.995 <= share < 1:
        return f">99{_THIN}%"
    return f"{100 * share:.0f}{_THIN}%"


def percent_interval(interval: Interval) -> str:
    """An interval of shares as percentages."""
    return f"{100 * interval[0]:.1f} to {percent(interval[1])}"


def points(difference: float) -> str:
    """A difference of shares in points, a hundredth each, with its sign."""
    return signed(100 * difference)


def signed(value: float) -> str:
    """A number of one decimal with its sign, a true minus; none where it rounds to 0."""
    text = f"{value:+.1f}"
    return "0.0" if float(text) == 0 else text.replace("-", "\N{MINUS SIGN}")


def signed_text(value: float, scale: float) -> str:
    """A value with its sign, as fine as the scale asks: "+0.123" beside a scale up to 1."""
    text = f"{value:+.{_decimals(scale)}f}"
    return text.replace("-", "\N{MINUS SIGN}") if float(text) else text[1:]


def margin_text(margin: float) -> str:
    """A margin, -1..1, in points with its sign; empty for NaN."""
    return "" if isnan(margin) else f"{points(margin)} points"


def milliseconds(seconds: float) -> str:
    """A duration of two figures or more, in milliseconds."""
    value = 1000 * seconds
    return f"{value:.{0 if value >= 10 else 1 if value >= 1 else 2}f} ms"


def megabytes(count: int) -> str:
    """A size in bytes, in units of a million."""
    value = count / 1e6
    return f"{value:.{0 if value >= 100 else 1 if value >= 0.1 else 3}f} MB"


def number(count: int, one: str, many: str = "") -> str:
    """A count and what is counted: "1 photo", "1 204 photos"."""
    return f"{grouped(count)} {one if count == 1 else many or one + 's'}"


def ordinal(place: int) -> str:
    """A place, 1 or more, as an ordinal: "1st", "22nd"."""
    if place % 100 in (11, 12, 13):
        return f"{place}th"
    return str(place) + {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")


def encode(content: dict[str, Any]) -> bytes:
    """A JSON file of the site, the same bytes for the same content."""
    document = {"format_version": FORMAT_VERSION, **content}
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _escape(char: str) -> str:
    if char not in _TURNING and unicodedata.category(char) not in _HIDDEN:
        return char
    code = ord(char)
    return _ESCAPES.get(char, f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")


def _decimals(scale: float) -> int:
    return min(6, max(0, 2 - floor(log10(scale)))) if scale > 0 else 2
