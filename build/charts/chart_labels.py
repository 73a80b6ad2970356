"""Labels of charts: as long as there is room, and none upon another."""

from collections.abc import Sequence

_WIDTH = 0.6
"""Mean width of a character, in heights of the text: a system font's, on the safe side."""


def text_width(text: str, size: float) -> float:
    """About how wide a text of that size is, in the units of the size."""
    return _WIDTH * size * len(text)


def shortened(text: str, size: float, room: float) -> str:
    """The text, or its two ends with an ellipsis between, that is no wider than `room`."""
    most = max(3, int(room / (_WIDTH * size)))
    if len(text) <= most:
        return text
    end = most // 2  # names of backbones differ at their ends
    return f"{text[: most - 1 - end]}\N{HORIZONTAL ELLIPSIS}{text[-end:]}"


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places from `low` to `high`, at least `gap` apart, in all as near as can be to those wanted.

    In the order of `wanted`, whose order along the axis is kept. Where there is no room for so
    many, they are evenly spread.
    """
    if not wanted:
        return []
    gap = min(gap, (high - low) / max(1, len(wanted) - 1))
    order = sorted(range(len(wanted)), key=lambda index: (wanted[index], index))
    # less what the ones before need, they only have to rise: neighbours that do not are pooled
    pools: list[tuple[float, int]] = []
    for position, index in enumerate(order):
        total, count = wanted[index] - position * gap, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            before = pools.pop()
            total, count = total + before[0], count + before[1]
        pools.append((total, count))
    levels = [total / count for total, count in pools for _ in range(count)]
    last = high - (len(wanted) - 1) * gap
    places = [0.0] * len(wanted)
    for position, index in enumerate(order):
        places[index] = round(min(max(levels[position], low), last) + position * gap, 1)
    return places
