"""The reliability diagram: how sure a cut is, against how often it is right."""

from dataclasses import dataclass

from diamond_cutter.build.charts.chart_parts import corners
from diamond_cutter.build.page_text import number, percent, points, whole_percent
from diamond_cutter.precompute.stores.study.study_layout import Bin, Calibration

SIDE = 300
"""Side of the square of confidence by accuracy, in the drawing's units."""
LEFT, TOP, GAP, BARS = 62, 12, 14, 64
"""Room for the scale, above the square, between it and the counts, and height of the counts."""
WIDTH, HEIGHT = LEFT + SIDE + 24, TOP + SIDE + GAP + BARS + 40
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_TELLING = 0.01
"""A difference of confidence and accuracy from here on is called too sure, or not sure enough."""


@dataclass(frozen=True)
class Dot:
    """The photos of a bin: where they lie, and the bar of their count."""

    x: float
    y: float
    ideal: float
    bar_x: float
    bar_y: float
    bar_height: float
    text: str


@dataclass(frozen=True)
class BinRow:
    """A bin that has photos, in words."""

    span: str
    photos: int
    confidence: str
    accuracy: str
    difference: str


@dataclass(frozen=True)
class Reliability:
    """The diagram, in the units of its `WIDTH` and `HEIGHT`, and the same as a table.

    sentence: what it says; ticks: positions along x, along y and their texts.
    """

    sentence: str
    dots: tuple[Dot, ...]
    line: str
    bar_width: float
    most: int
    ticks: tuple[tuple[float, float, str], ...]
    rows: tuple[BinRow, ...]


def draw_reliability(calibration: Calibration) -> Reliability:
    """The diagram of a calibration, of which at least one bin has photos."""
    bins = [
        (each, each.confidence, each.accuracy)
        for each in calibration.bins
        if each.confidence is not None and each.accuracy is not None
    ]
    most = max(each.photos for each, _, _ in bins)
    dots = tuple(_dot(each, sure, right, most) for each, sure, right in bins)
    return Reliability(
        sentence=_sentence(calibration, bins),
        dots=dots,
        line=corners([(dot.x, dot.y) for dot in dots]),
        bar_width=_rounded(SIDE / len(calibration.bins) - 2),
        most=most,
        ticks=tuple((_x(tick), _y(tick), whole_percent(tick)) for tick in TICKS),
        rows=tuple(
            BinRow(_span(each), each.photos, percent(sure), percent(right), points(sure - right))
            for each, sure, right in bins
        ),
    )


def _dot(each: Bin, sure: float, right: float, most: int) -> Dot:
    height = _rounded(max(1.0, BARS * each.photos / most))
    return Dot(
        x=_x(sure),
        y=_y(right),
        ideal=_y(sure),
        bar_x=_rounded(_x(each.low) + 1),
        bar_y=_rounded(TOP + SIDE + GAP + BARS - height),
        bar_height=height,
        text=f"{_span(each)} sure: {number(each.photos, 'photo')}, {percent(sure)} sure on "
        f"average, {percent(right)} right",
    )


def _sentence(calibration: Calibration, bins: list[tuple[Bin, float, float]]) -> str:
    photos = sum(each.photos for each, _, _ in bins)
    sure = sum(each.photos * confidence for each, confidence, _ in bins) / photos
    right = sum(each.photos * accuracy for each, _, accuracy in bins) / photos
    judgement = "neither too sure nor too unsure on the whole"
    if sure - right >= _TELLING:
        judgement = "too sure on the whole"
    elif right - sure >= _TELLING:
        judgement = "not as sure as it could be on the whole"
    return (
        f"How sure it is and how often it is right differ by {100 * calibration.error:.1f} points "
        f"on average (the expected calibration error). It is {percent(sure)} sure on average and "
        f"right on {percent(right)} of the photos: {judgement}."
    )


def _span(each: Bin) -> str:
    return f"{100 * each.low:.0f} to {whole_percent(each.high)}"


def _x(share: float) -> float:
    return _rounded(LEFT + SIDE * share)


def _y(share: float) -> float:
    return _rounded(TOP + SIDE * (1 - share))


def _rounded(value: float) -> float:
    return round(value, 1)
