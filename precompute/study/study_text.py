"""Numbers and names of a study as its sentences write them, on a terminal and on a page."""

from math import ceil

from diamond_cutter.precompute.stores.study.study_layout import Cut, Interval, Measured

_THIN = "\N{NARROW NO-BREAK SPACE}"


def place(cut: Cut) -> str:
    """Where a cut is."""
    return f"{cut.model} at {cut.cut}"


def share(value: float) -> str:
    """A share, 0..1, as a percentage of one decimal."""
    return f"{100 * value:.1f}{_THIN}%"


def measured(figure: Measured) -> str:
    """A share with its interval: "86.0 % (82.4 to 89.1)"."""
    low, high = figure.interval
    return f"{share(figure.value)} ({100 * low:.1f} to {100 * high:.1f})"


def points(difference: float) -> str:
    """How far two shares are apart, without sign, in percentage points."""
    far = 100 * abs(difference)
    return "less than 0.1 points" if 0 < far < 0.05 else f"{far:.1f} points"


def signed_point(difference: float) -> str:
    """How far two shares are apart in percentage points, a true minus before what is below 0."""
    return f"{_signed(difference)} points"


def signed_points(interval: Interval) -> str:
    """An interval of such differences: "-0.4 to 2.1", with a true minus."""
    return f"{_signed(interval[0])} to {_signed(interval[1])}"


def _signed(difference: float) -> str:
    text = f"{100 * difference:.1f}"
    return "0.0" if float(text) == 0 else text.replace("-", "\N{MINUS SIGN}")


def gflops(value: float) -> str:
    """10^9 operations, with three figures."""
    if value < 0.001:
        return "less than 0.001 GFLOPs"
    return f"{value:.3g} GFLOPs" if value < 999.5 else f"{value:.0f} GFLOPs"


def times(ratio: float) -> str:
    """What a cut costs against another: "1.3 times the GFLOPs"."""
    if ratio >= 10:
        return f"{ratio:.0f} times the GFLOPs"
    if ratio >= 1.05:
        return f"{ratio:.1f} times the GFLOPs"
    if ratio > 0.95:
        return "about the same GFLOPs"
    return f"{100 * ratio:.0f}{_THIN}% of the GFLOPs"


def count(number: int, one: str, many: str = "") -> str:
    """A count and what is counted: "1 photo", "1 204 photos"."""
    grouped = f"{number:,}".replace(",", _THIN)
    return f"{grouped} {one if number == 1 else many or one + 's'}"


def name(text: str) -> str:
    """A class's name in quotes; what can't be seen, or would break the line, as escapes."""
    return f'"{text}"' if text.isprintable() else f'"{ascii(text)[1:-1]}"'


def listed(items: list[str], most: int = 5) -> str:
    """Items as a list of words: "a, b and c"; beyond `most`, the others are counted."""
    if len(items) > most:
        items = [*items[:most], f"{len(items) - most} more"]
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def rounded_up(number: float) -> int:
    """A number of two figures, at least `number`."""
    unit = int(10 ** max(0, len(str(int(number))) - 2))
    return ceil(number / unit) * unit
