"""Axes of charts: from values to places in the drawing, and the ticks between."""

from dataclasses import dataclass
from math import ceil, floor, log10


@dataclass(frozen=True)
class Axis:
    """Values from `low` to `high`, drawn from `start` to `stop`; `logarithmic`: both above 0."""

    low: float
    high: float
    start: float
    stop: float
    logarithmic: bool = False


@dataclass(frozen=True)
class Tick:
    """A place on an axis, in the drawing's units, and its value as text."""

    at: float
    text: str


def place(axis: Axis, value: float) -> float:
    """Where a value lies, in the drawing's units; what is beyond an end of the axis lies there."""
    low, high, value = axis.low, axis.high, min(max(value, axis.low), axis.high)
    if axis.logarithmic:
        low, high, value = log10(low), log10(high), log10(value)
    share = (value - low) / (high - low)
    return round(axis.start + share * (axis.stop - axis.start), 1)


def share_axis(values: list[float], start: float, stop: float) -> Axis:
    """An axis of shares from a tenth clearly below the least to one above the greatest value."""
    low = max(0, floor((min(values) - 0.02) * 10))
    high = min(10, ceil(max(values) * 10 - 1e-9))
    return Axis(low / 10, max(low + 1, high) / 10, start, stop)


def logarithmic_axis(values: list[float], start: float, stop: float) -> Axis:
    """An axis of positive values with some room beyond the least and the greatest."""
    room = max(1.25, (max(values) / min(values)) ** 0.06)
    return Axis(min(values) / room, max(values) * room, start, stop, logarithmic=True)


def share_ticks(axis: Axis, most: int = 10) -> tuple[Tick, ...]:
    """Ticks of an axis of shares as percentages: every 10 or 20, at most so many."""
    low, high = round(axis.low * 10), round(axis.high * 10)
    step = 1 if high - low < most else 2
    tenths = range(-(-low // step) * step, high + 1, step)
    return tuple(Tick(place(axis, tenth / 10), f"{10 * tenth} %") for tenth in tenths)


def logarithmic_ticks(axis: Axis, most: int = 7) -> tuple[Tick, ...]:
    """Ticks of a logarithmic axis at 1, 2 and 5 times powers of ten, or sparser; at most so many.

    At least one: where none of those lies on the axis, its middle.
    """
    powers = range(floor(log10(axis.low)), ceil(log10(axis.high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        values = [step * 10.0**power for power in powers for step in steps]
        shown = [value for value in values if axis.low <= value <= axis.high]
        if len(shown) <= most:
            break
    if not shown:
        shown = [(axis.low * axis.high) ** 0.5]
    return tuple(
        Tick(place(axis, value), f"{value:.3g}" if value < 1000 else f"{value:.0f}")
        for value in shown
    )
